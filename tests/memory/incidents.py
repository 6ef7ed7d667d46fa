"""Incidents, their dossiers and timelines, in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, JobId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.job import NORMAL, Job, JobState
from grace_workers.orchestration.line.arrows import RESTING
from grace_workers.orchestration.line.fairness import AT_WORK, CAPPED
from grace_workers.orchestration.stores import Queue, Stalled
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Incident, IncidentState
from tests.memory.tables import Table
from tests.memory.transaction import MemoryTransaction


class MemoryIncidentStore:
    """Implements `stores.IncidentStore`."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._dossiers: dict[IncidentId, Dossier] = table("incidents")
        self._timelines: dict[IncidentId, tuple[Happening, ...]] = table("incident_events")
        self._jobs: dict[JobId, Job] = table("jobs")
        self._clock = clock

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        """Return the incidents of each condition that are not closed, or were closed after `since`, oldest first."""
        found: dict[Condition, list[Incident]] = defaultdict(list)
        for one in self._incidents():
            current = one.closed_at is None or one.closed_at > since
            if one.target is not None and current and Condition(one.target, one.signature) in conditions:
                found[Condition(one.target, one.signature)].append(one)
        return found

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        """Return what is under way on the targets, and which urgent incidents the sender opened after `since`."""
        queue = Queue()
        for one in self._incidents():
            if one.target is None:
                continue
            if one.target in targets and one.state in AT_WORK and not one.parked:
                queue.under_way[one.target, one.priority] += 1
            mine = sender != "" and one.opened_by == sender and one.opened_at > since
            if mine and one.priority > NORMAL:
                queue.urgent[one.target] += 1
        return queue

    def parked(self, target: TargetName, *, limit: int) -> Sequence[Dossier]:
        """Return parked incidents of the target, most urgent and oldest first."""
        mine = [one for one in self._dossiers.values() if one.incident.parked and one.incident.target == target]
        return sorted(mine, key=lambda one: (-one.incident.priority, one.incident.id))[:limit]

    def unpark(self, incident: IncidentId) -> None:
        """Let an incident's work begin; the version stays."""
        stored = self._dossiers[incident]
        self._dossiers[incident] = replace(stored, incident=replace(stored.incident, parked=False))

    def parked_counts(self) -> Mapping[TargetName, int]:
        """Return how many incidents are parked, by target."""
        return Counter(one.target for one in self._incidents() if one.parked and one.target is not None)

    def add(self, dossier: Dossier) -> None:
        """Insert a new incident."""
        self._dossiers[dossier.incident.id] = dossier

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        """Insert new incidents."""
        for dossier in dossiers:
            self.add(dossier)

    def load(self, incident: IncidentId) -> Dossier:
        """Return the dossier. Raises NotFoundError."""
        try:
            return self._dossiers[incident]
        except KeyError:
            raise NotFoundError(f"no incident {incident}; `grace incident list` lists all") from None

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        """Return the dossiers of those that there are."""
        return {one: self._dossiers[one] for one in incidents if one in self._dossiers}

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        """Write the dossier if the version is still the expected one. Raises ConflictError.

        The signal count and times stay as stored, for signals may have joined meanwhile.
        """
        wanted = dossier.incident
        stored = self._dossiers.get(wanted.id)
        if stored is None or stored.incident.version != expected_version:
            raise ConflictError(f"incident {wanted.id} is no longer at version {expected_version}")
        now = stored.incident
        kept = replace(wanted, signals=now.signals, severity=now.severity, last_signal_at=now.last_signal_at)
        self._dossiers[wanted.id] = replace(dossier, incident=kept)

    def touch(self, incident: Incident) -> None:
        """Write the signal count, severity and last signal time only; the version stays."""
        stored = self._dossiers.get(incident.id)
        if stored is None:
            return
        touched = replace(
            stored.incident,
            signals=incident.signals,
            severity=incident.severity,
            last_signal_at=incident.last_signal_at,
        )
        self._dossiers[incident.id] = replace(stored, incident=touched)

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        """Do the same for many incidents."""
        for incident in incidents:
            self.touch(incident)

    def note(self, incident: IncidentId, happening: Happening) -> None:
        """Append to the timeline."""
        self._timelines[incident] = (*self._timelines.get(incident, ()), happening)

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        """Append to many timelines, in this order."""
        for incident, happening in notes:
            self.note(incident, happening)

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        """Return the timeline, oldest first."""
        return self._timelines.get(incident, ())

    def find(
        self, *, state: IncidentState | None = None, target: TargetName | None = None, limit: int = 100
    ) -> Sequence[Dossier]:
        """Return the newest incidents that match, newest first."""
        found = [
            one
            for one in self._dossiers.values()
            if state in {None, one.incident.state} and target in {None, one.incident.target}
        ]
        return sorted(found, key=lambda one: one.incident.id, reverse=True)[:limit]

    def iter_all(self) -> Iterator[Dossier]:
        """Yield all incidents, oldest first."""
        return iter(sorted(self._dossiers.values(), key=lambda one: one.incident.id))

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
        """Return incidents that should move, have not for `idle`, and have no open job."""
        before = self._clock.now() - idle
        idling = [
            one for one in self._incidents() if one.state not in RESTING and not one.parked and one.updated_at < before
        ]
        found = []
        for incident in idling:
            jobs = sorted((job for job in self._jobs.values() if job.incident == incident.id), key=lambda job: job.id)
            if all(job.state.ended for job in jobs):
                found.append(Stalled(incident=incident, given_up=_given_up(jobs[-1]) if jobs else None))
        return found

    def counts(self) -> Mapping[str, int]:
        """Return how many incidents stand in each state."""
        return Counter(one.state.value for one in self._incidents())

    def capped(self, window: timedelta) -> int:
        """Return how many incidents of the last `window` were opened past their sender's share of urgent ones."""
        since = self._clock.now() - window
        return sum(one.priority == CAPPED and one.opened_at > since for one in self._incidents())

    def _incidents(self) -> Sequence[Incident]:
        return [self._dossiers[key].incident for key in sorted(self._dossiers)]


def _given_up(job: Job) -> str | None:
    return None if job.state is JobState.SUCCEEDED else f"{job.state}: {job.error or 'no reason given'}"


def _make(tx: MemoryTransaction) -> MemoryIncidentStore:
    return MemoryIncidentStore(tx.table, tx.clock)


DEFINITION = implements(IncidentStore)(_make)
