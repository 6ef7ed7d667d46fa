"""`Reloadable`: a service that reads its configuration, certificates and log files again while it runs."""

from typing import Protocol


class Reloadable(Protocol):
    """A service that can be told to read its configuration again without an end of service."""

    def incarnation(self) -> str | None:
        """Return which start of the service runs; None when it does not run."""

    def tested_by(self) -> str | None:
        """Return in a few words by what its configuration can be tested before a reload; None if by nothing."""
        return None

    def objection(self) -> str | None:
        """Return what that test says against the configuration as it is written now; None if it accepts it.

        Raises:
            PermanentError: the test itself cannot be made.
        """
        return None

    def reload(self) -> None:
        """Let it read its configuration again, and return when it has. Idempotent.

        Raises:
            ConflictError: it does not run.
            PermanentError: it refuses the configuration, or cannot reload; it goes on with what it had.
        """
