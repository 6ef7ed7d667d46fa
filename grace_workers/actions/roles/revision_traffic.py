"""`RevisionTraffic`: a service whose deployed revisions stay, and get shares of its traffic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedRevision:
    """A revision of the service, when it was deployed, and whether it could serve now."""

    name: str
    at: datetime
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficShare:
    """Percent of the traffic for a revision; None for the newest that was ready. A label gives it its own address."""

    revision: str | None
    percent: int
    label: str = ""


class RevisionTraffic(Protocol):
    """The revisions of one service, and how its traffic is shared among them."""

    def revisions(self) -> Sequence[DeployedRevision]:
        """Return those that may get traffic, newest first."""

    def newest_ready(self) -> str | None:
        """Return the revision that a share for the newest goes to, ready now or not; None if none ever was."""

    def traffic(self) -> tuple[TrafficShare, ...]:
        """Return the shares in force, in the service's own order; their percents add up to 100."""

    def route(self, shares: Sequence[TrafficShare]) -> tuple[TrafficShare, ...]:
        """Share the traffic so, and return when it is. Idempotent.

        Raises:
            NotFoundError: one of the revisions does not exist.
            ConflictError: someone else changed the service at the same moment.
            TransientError: it is not in force in time; it may still come.
        """
