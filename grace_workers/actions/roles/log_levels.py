"""`LogLevels`: the logging levels of a running process."""

from typing import Protocol


class LogLevels(Protocol):
    """The logging levels of a running process, really changed and really read back."""

    def level(self, logger: str) -> str:
        """Return the effective level name the process reports. Raises TransientError when it does not answer."""

    def set_level(self, logger: str, level: str | None) -> str:
        """Set a level (None removes our setting); return the effective level once the process has applied it."""

    def own_level(self, logger: str) -> str | None:
        """Return the level that we set on this very logger, None when we set none."""
