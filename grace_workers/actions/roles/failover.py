"""`Failover`: a service of which one member leads, and others stand by to take over."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverMembers:
    """Who leads now, and who could take over, best first; the names of members or of the places they run in."""

    primary: str
    standbys: tuple[str, ...]


class Failover(Protocol):
    """A service that goes on under another member when its primary is in trouble."""

    def members(self) -> FailoverMembers:
        """Return who leads now and who stands by."""

    def promote(self, standby: str) -> FailoverMembers:
        """Let a standby take over, and return when it leads. Idempotent: what leads already is left alone.

        Raises:
            NotFoundError: no standby has that name.
            ConflictError: it is not ready to take over.
            TransientError: it does not lead in time; it may still take over.
        """
