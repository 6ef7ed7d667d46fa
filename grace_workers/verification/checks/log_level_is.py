"""Whether a logger of a running process has a certain level."""

from grace_workers.actions import LoggerName, LogLevels, Name
from grace_workers.foundation.document import Document
from grace_workers.verification.check import Check


class LogLevelParams(Document):
    """`logger` is a dotted name, empty for the root logger."""

    level: Name
    logger: LoggerName = ""


def probe(levels: LogLevels, params: LogLevelParams) -> float:
    """Return 1 when the process reports the level as the one in force, else 0."""
    return float(levels.level(params.logger) == params.level.upper())


DEFINITION = Check(
    name="log_level_is",
    summary="1 when the process reports the level for the logger, else 0.",
    unit="",
    role=LogLevels,
    params=LogLevelParams,
    probe=probe,
)
