"""Incidents, their dossiers and timelines, in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, JobId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.job import NORMAL, Job, JobState
from grace_workers.orchestration.line.arrows import FOR_PEOPLE, RESTING
from grace_workers.orchestration.line.fairness import AT_WORK, CAPPED, WAITED_FOR
from grace_workers.orchestration.stores import HourCount, Queue, Stalled
from grace_workers.orchestration.stores.incidents import IncidentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Incident, IncidentState, Severity
from tests.memory.transaction import MemoryTransaction


class MemoryIncidentStore(IncidentStore):
    """Implements `stores.IncidentStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")
        self._timelines: dict[IncidentId, tuple[Happening, ...]] = tx.table("incident_events")
        self._jobs: dict[JobId, Job] = tx.table("jobs")
        self._clock = tx.clock

    def recent(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Sequence[Incident]]:
        found: dict[Condition, list[Incident]] = defaultdict(list)
        for one in self._incidents():
            current = one.closed_at is None or one.closed_at > since
            if one.target is not None and current and Condition(one.target, one.signature) in conditions:
                found[Condition(one.target, one.signature)].append(one)
        return found

    def queue(self, targets: Collection[TargetName], sender: str, *, since: datetime) -> Queue:
        queue = Queue()
        for one in self._incidents():
            if one.target is None:
                continue
            if one.target in targets and one.state in AT_WORK and not one.parked:
                queue.under_way[one.target, one.priority] += 1
            mine = sender != "" and one.opened_by == sender and one.opened_at > since
            if mine and one.priority > NORMAL:
                queue.urgent[one.target, one.priority] += 1
        return queue

    def parked(self, target: TargetName, *, limit: int, hold: timedelta) -> Sequence[Dossier]:
        here = [one for one in self._dossiers.values() if one.incident.parked and one.incident.target == target]
        mine = [one for one in here if not self._held(one.incident, hold)]
        return sorted(mine, key=lambda one: (-one.incident.priority, one.incident.id))[:limit]

    def _held(self, one: Incident, hold: timedelta) -> bool:
        leader = None if one.part_of is None else self._dossiers[one.part_of].incident
        held = leader is not None and leader.target != one.target and leader.state in WAITED_FOR
        return held and one.opened_at > self._clock.now() - hold

    def unpark(self, incident: IncidentId) -> None:
        stored = self._dossiers[incident]
        self._dossiers[incident] = replace(stored, incident=replace(stored.incident, parked=False))

    def parked_counts(self) -> Mapping[TargetName, int]:
        return Counter(one.target for one in self._incidents() if one.parked and one.target is not None)

    def add_all(self, dossiers: Sequence[Dossier]) -> None:
        for dossier in dossiers:
            self._dossiers[dossier.incident.id] = dossier

    def load(self, incident: IncidentId) -> Dossier:
        try:
            return self._dossiers[incident]
        except KeyError:
            raise NotFoundError(f"no incident {incident}; `grace incident list` lists all") from None

    def load_all(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId | None, Dossier]:
        return {one: self._dossiers[one] for one in incidents if one in self._dossiers}

    def save(self, dossier: Dossier, *, expected_version: int) -> None:
        wanted = dossier.incident
        stored = self._dossiers.get(wanted.id)
        if stored is None or stored.incident.version != expected_version:
            raise ConflictError(f"incident {wanted.id} is no longer at version {expected_version}")
        now = stored.incident
        joined = replace(wanted, signals=now.signals, severity=now.severity, last_signal_at=now.last_signal_at)
        kept = replace(joined, part_of=now.part_of)
        self._dossiers[wanted.id] = replace(dossier, incident=kept)

    def touch_all(self, incidents: Sequence[Incident]) -> None:
        for incident in incidents:
            stored = self._dossiers.get(incident.id)
            if stored is not None:
                joined = replace(stored.incident, signals=incident.signals, severity=incident.severity)
                touched = replace(joined, last_signal_at=incident.last_signal_at)
                self._dossiers[incident.id] = replace(stored, incident=touched)

    def note_all(self, notes: Sequence[tuple[IncidentId, Happening]]) -> None:
        for incident, happening in notes:
            self._timelines[incident] = (*self._timelines.get(incident, ()), happening)

    def timeline(self, incident: IncidentId) -> Sequence[Happening]:
        return self._timelines.get(incident, ())

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
        found = [
            one
            for one in self._dossiers.values()
            if (not states or one.incident.state in states)
            and target in {None, one.incident.target}
            and severity in {None, one.incident.severity}
            and (not leading or one.incident.part_of is None or one.incident.state in FOR_PEOPLE)
            and (before is None or one.incident.id < before)
        ]
        return sorted(found, key=lambda one: one.incident.id, reverse=True)[:limit]

    def dismissed(self, *, limit: int) -> Sequence[Dossier]:
        found = [one for one in self._dossiers.values() if one.closing == "dismissed"]
        return sorted(found, key=lambda one: one.incident.id, reverse=True)[:limit]

    def hourly(self, *, since: datetime) -> Sequence[HourCount]:
        found = Counter(
            (one.incident.opened_at.replace(minute=0, second=0, microsecond=0), one.closing)
            for one in self._dossiers.values()
            if one.incident.opened_at >= since
        )
        return [
            HourCount(hour=hour, closing=closing, count=count)
            for (hour, closing), count in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or "~"))
        ]

    def iter_all(self) -> Iterator[Dossier]:
        return iter(sorted(self._dossiers.values(), key=lambda one: one.incident.id))

    def stalled(self, *, idle: timedelta) -> Sequence[Stalled]:
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
        return Counter(one.state.value for one in self._incidents())

    def capped(self, window: timedelta) -> int:
        since = self._clock.now() - window
        return sum(one.priority == CAPPED and one.opened_at > since for one in self._incidents())

    def _incidents(self) -> Sequence[Incident]:
        return [self._dossiers[key].incident for key in sorted(self._dossiers)]


def _given_up(job: Job) -> str | None:
    return None if job.state is JobState.SUCCEEDED else f"{job.state}: {job.error or 'no reason given'}"


DEFINITION = implements(IncidentStore)(MemoryIncidentStore)
