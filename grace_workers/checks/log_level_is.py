"""Whether a logger of a running process has a certain level."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import LoggerName, LogLevels, Name
from grace_workers.checks.check import Check, Labels
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.ids import TargetKind


class LogLevelParams(Document):
    """`logger` is a dotted name, empty for the root logger."""

    level: Name
    logger: LoggerName = ""


def probe(levels: LogLevels, params: LogLevelParams) -> float:
    """Return 1 when the process reports the level as the one in force, else 0."""
    return float(levels.level(params.logger) == params.level.upper())


def _debug(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading, of whether the logger in the label `logger` is at DEBUG."""
    return [{"logger": labels.get("logger", ""), "level": "DEBUG"}]


DEFINITION = Check(
    name="log_level_is",
    summary="1 when the process reports the level for the logger, else 0.",
    unit="",
    role=LogLevels,
    params=LogLevelParams,
    probe=probe,
    evidence_for=(TargetKind("logging"),),
    from_labels=_debug,
)
