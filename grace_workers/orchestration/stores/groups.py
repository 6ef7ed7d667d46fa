"""Groups of incidents with one cause, and which targets failed together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.signals import CoOccurrence, Incident, IncidentState, Severity, Signature


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What an incident may have to wait for: the targets that runs on others hold, and the incident that leads it."""

    busy: frozenset[TargetName]
    leader: Incident | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedIncident:
    """What is asked of each incident that was opened lately. There may be a thousand of them for one signal."""

    id: IncidentId
    state: IncidentState
    target: TargetName
    signature: Signature
    severity: Severity
    opened_at: datetime
    part_of: IncidentId | None


class GroupStore(Protocol):
    """Which incident leads which, and how often targets failed together."""

    def lock(self, components: Collection[TargetName]) -> None:
        """Wait until no one else groups incidents of these components; taken after the lock of conditions."""

    def opened_since(self, since: datetime, *, limit: int) -> Sequence[OpenedIncident]:
        """Return the newest incidents of declared targets that were opened after `since`, oldest first."""

    def lead(self, leaders: Mapping[IncidentId, IncidentId | None], *, touched: Collection[IncidentId] = ()) -> None:
        """Set the leader of each incident; None makes it a leader. What an incident led before follows its new leader.

        `touched` are incidents that the transaction writes later: all are locked in one order, which prevents
        deadlocks.
        """

    def members(self, leader: IncidentId, *, limit: int = 500) -> Sequence[Incident]:
        """Return the incidents that this one leads, oldest first."""

    def sizes(self, leaders: Collection[IncidentId]) -> Mapping[IncidentId, int]:
        """Return how many incidents each of these leads; those that lead none are left out."""

    def held_targets(self, leader: IncidentId) -> Sequence[TargetName]:
        """Return the targets of parked incidents that this one leads, by name."""

    def in_the_way(self, incident: IncidentId, *, hold: timedelta) -> InTheWay:
        """Return what others hold, and the leader if that is under way and the incident opened within `hold`."""
        ...

    def learn(
        self, failed: Collection[TargetName], pairs: Collection[tuple[TargetName, TargetName]], now: datetime
    ) -> None:
        """Count failures and the pairs that they form. Beyond the limit, the pairs not seen for longest are dropped."""

    def pairs(self, targets: Collection[TargetName]) -> Sequence[CoOccurrence]:
        """Return the pairs of these targets that were seen together more than twice."""
