"""Incidents with their dossiers and timelines."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.signals import Condition, Incident, IncidentState, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """An incident that should move and has no open job.

    `given_up` says how its newest job ended; None when that succeeded, or there never was one.
    """

    incident: Incident
    given_up: str | None


@dataclass(slots=True, kw_only=True)
class Queue:
    """What is in progress, and the urgent incidents that one sender opened, each by target and priority."""

    under_way: Counter[tuple[TargetName, int]] = field(default_factory=Counter)
    urgent: Counter[tuple[TargetName, int]] = field(default_factory=Counter)

    def urgent_as(self, priority: int, target: TargetName | None = None) -> int:
        """Return how many incidents at least as urgent the sender opened, on one target or in all."""
        return sum(
            count
            for (name, level), count in self.urgent.items()
            if level >= priority and (target is None or name == target)
        )

    def ahead_of(self, target: TargetName, priority: int) -> int:
        """Return how many incidents of `target` at least as urgent are in progress."""
        return sum(count for (name, level), count in self.under_way.items() if name == target and level >= priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCount:
    """How many incidents were opened in one hour and ended in this way; `closing` is None for those under way."""

    hour: datetime
    closing: Closing | None
    count: int


class IncidentStore(Protocol):
    """Incidents with their dossiers and timelines."""

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        """Return the incidents of each condition that are not closed, or were closed after `since`, oldest first."""

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        """Return what is in progress on the targets, and which urgent incidents the sender opened after `since`."""

    def parked(self, target: TargetName, *, limit: int, hold: timedelta) -> Sequence[Dossier]:
        """Return parked incidents of the target, most urgent and oldest first, locked against concurrent readers.

        It leaves out those that were opened within `hold` and wait for a leader on another target.
        """

    def unpark(self, incident: IncidentId) -> None:
        """Unpark an incident; the version stays."""

    def parked_counts(self) -> Mapping[TargetName, int]:
        """Return how many incidents are parked, by target."""

    def add(self, dossier: Dossier) -> None:
        """Insert a new incident."""
        self.add_all([dossier])

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        """Insert new incidents."""

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier. Raises NotFoundError."""

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        """Return the dossiers of those that exist."""

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        """Write the dossier if the version is still the expected one. Raises ConflictError.

        Signal count, severity and time of the last signal stay as stored, because signals may have joined.
        """

    def touch(self, incident: Incident) -> None:
        """Write only signal count, severity and time of the last signal; the version stays."""
        self.touch_all([incident])

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        """Do the same for many incidents."""

    def note(self, incident: IncidentId, happening: Happening) -> None:
        """Append to the timeline."""
        self.note_all([(incident, happening)])

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        """Append to many timelines, in this order."""

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        """Return the timeline, oldest first."""

    def find(
        self,
        *,
        states: Collection[IncidentState] = (),
        target: TargetName | None = None,
        severity: Severity | None = None,
        leading: bool = False,
        before: IncidentId | None = None,
        limit: int = 100,
    ) -> Sequence[Dossier]:
        """Return the newest incidents that match, newest first: in any of the states, opened before that incident.

        `leading` leaves out those that another incident leads, unless they need a person.
        """

    def dismissed(self, *, limit: int) -> Sequence[Dossier]:
        """Return the newest incidents that people closed, newest first."""

    def hourly(self, *, since: datetime) -> Sequence[HourCount]:
        """Return how many incidents were opened in each hour since then and what became of them, oldest first."""

    def iter_all(self) -> Iterator[Dossier]:
        """Yield all incidents, oldest first, without holding them in memory; read them inside the transaction."""

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        """Return incidents that should move, have not for `idle`, and have no open job."""

    def counts(self) -> Mapping[str, int]:
        """Return how many incidents are in each state."""

    def capped(self, window: timedelta) -> int:
        """Return how many incidents of the last `window` exceeded their sender's share of urgent ones."""
