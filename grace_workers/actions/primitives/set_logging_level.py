"""Change the level of a logger in a running process."""

from enum import StrEnum

from grace_workers.actions.act import Act
from grace_workers.actions.params import LoggerName
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.log_levels import LogLevels
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class Level(StrEnum):
    """The levels of Python's logging."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class LoggingLevelParams(Document):
    """`logger` is a dotted name; the empty name is the root logger."""

    level: Level
    logger: LoggerName = ""


class _Content(Document):
    own: str | None
    effective: str


class SetLevel(Act[LogLevels, LoggingLevelParams, _Content]):
    """Change the level of a logger in a running process."""

    role = LogLevels
    params = LoggingLevelParams
    kept = _Content

    def preview(self, levels: LogLevels, params: LoggingLevelParams) -> Preview:
        """Return which level would replace which."""
        now, name = levels.level(params.logger), _shown(params)
        change = f"leave {name} at {now}" if now == params.level else f"set {name} from {now} to {params.level}"
        return Preview(changes=(change,), blast=BlastRadius(count=1, unit="logger", share=1.0))

    def snapshot(self, levels: LogLevels, params: LoggingLevelParams) -> _Content:
        """Save our own setting, if there is one, and the level in force."""
        return _Content(own=levels.own_level(params.logger), effective=levels.level(params.logger))

    def apply(self, levels: LogLevels, params: LoggingLevelParams, before: _Content) -> Outcome:
        """Set it and wait until the process has applied it."""
        if self.effect(levels, params, before) is Effect.PRESENT:
            return unchanged(f"{_shown(params)} is already set to {params.level}")
        now = levels.set_level(params.logger, params.level.value)
        return done(f"{_shown(params)} now logs at {now} and above", level=now)

    def effect(self, levels: LogLevels, params: LoggingLevelParams, before: _Content) -> Effect:
        """Present when our setting exists and the process confirms it."""
        del before
        ours = levels.own_level(params.logger) == params.level.value
        return Effect.PRESENT if ours and levels.level(params.logger) == params.level.value else Effect.ABSENT

    def restore(self, levels: LogLevels, params: LoggingLevelParams, before: _Content) -> Outcome:
        """Restore our earlier setting, or none."""
        if self.restored(levels, params, before):
            return unchanged(f"{_shown(params)} is already at its earlier level")
        now = levels.set_level(params.logger, before.own)
        return done(f"{_shown(params)} logs at {now} and above again")

    def restored(self, levels: LogLevels, params: LoggingLevelParams, before: _Content) -> bool:
        """Return whether our setting and the level in force are the earlier ones."""
        return levels.own_level(params.logger) == before.own and levels.level(params.logger) == before.effective


def _shown(params: LoggingLevelParams) -> str:
    return f"logger {params.logger}" if params.logger else "the root logger"


DEFINITION = SetLevel().primitive(
    "set_logging_level",
    "Change the level of a logger in a running process.",
    aspect=Aspect.CONFIG,
    risk=0.05,
    worst=BlastRadius(count=1, unit="logger", share=1.0),
)
