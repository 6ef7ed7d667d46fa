"""Change the level of a logger in a running process."""

from enum import StrEnum

from grace_workers.actions.params import LoggerName
from grace_workers.actions.primitive import (
    BlastRadius,
    Effect,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Snapshot,
)
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


def preview(levels: LogLevels, params: LoggingLevelParams) -> Preview:
    """Say which level would give way to which."""
    now, name = levels.level(params.logger), _shown(params)
    change = f"leave {name} at {now}" if now == params.level else f"set {name} from {now} to {params.level}"
    return Preview(changes=(change,), blast=BlastRadius(count=1, unit="logger", share=1.0))


def snapshot(levels: LogLevels, params: LoggingLevelParams) -> Snapshot:
    """Keep the setting of ours, if there is one, and the level in force."""
    content = _Content(own=levels.own_level(params.logger), effective=levels.level(params.logger))
    return Snapshot(primitive="set_logging_level", content=content.model_dump(mode="json"))


def apply(levels: LogLevels, params: LoggingLevelParams, before: Snapshot) -> Outcome:
    """Set it and wait until the process has taken it over."""
    if effect(levels, params, before) is Effect.PRESENT:
        return Outcome(status=OutcomeStatus.UNCHANGED, detail=f"{_shown(params)} is already set to {params.level}")
    now = levels.set_level(params.logger, params.level.value)
    return Outcome(
        status=OutcomeStatus.DONE, detail=f"{_shown(params)} now logs at {now} and above", data={"level": now}
    )


def effect(levels: LogLevels, params: LoggingLevelParams, before: Snapshot) -> Effect:
    """Present when our setting is there and the process confirms it."""
    del before
    ours = levels.own_level(params.logger) == params.level.value
    return Effect.PRESENT if ours and levels.level(params.logger) == params.level.value else Effect.ABSENT


def restore(levels: LogLevels, params: LoggingLevelParams, before: Snapshot) -> Outcome:
    """Bring back our earlier setting, or none."""
    if restored(levels, params, before):
        return Outcome(status=OutcomeStatus.UNCHANGED, detail=f"{_shown(params)} is already at its earlier level")
    now = levels.set_level(params.logger, _content(before).own)
    return Outcome(status=OutcomeStatus.DONE, detail=f"{_shown(params)} logs at {now} and above again")


def restored(levels: LogLevels, params: LoggingLevelParams, before: Snapshot) -> bool:
    """Return whether our setting and the level in force are the earlier ones."""
    earlier = _content(before)
    return levels.own_level(params.logger) == earlier.own and levels.level(params.logger) == earlier.effective


def _content(before: Snapshot) -> _Content:
    return _Content.read(before.content, "snapshot of set_logging_level")


def _shown(params: LoggingLevelParams) -> str:
    return f"logger {params.logger}" if params.logger else "the root logger"


DEFINITION = Primitive(
    name="set_logging_level",
    summary="Change the level of a logger in a running process.",
    role=LogLevels,
    params=LoggingLevelParams,
    aspect=Aspect.CONFIG,
    risk=0.05,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
    effect=effect,
)
