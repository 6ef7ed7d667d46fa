"""Groups the incidents that a delivery opened: which incident leads which, and which of them waits for it.

Every incident that is not settled is grouped again with each incident opened near it, so the order of signals does not
matter, and a process needs no state when it starts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.orchestration.dossier import Dossier, Happening, Receipt
from grace_workers.orchestration.line.fairness import WAITED_FOR, outranks
from grace_workers.orchestration.line.transition import Change, change_of
from grace_workers.orchestration.stores.groups import GroupStore, OpenedIncident
from grace_workers.orchestration.work.batch import DeliveryBatch
from grace_workers.signals import (
    GROUP_HORIZON,
    GROUP_SETTLED,
    Alarm,
    GroupPlace,
    Habits,
    Incident,
    Severity,
    Topology,
    grouped,
    linked,
    pairs_of,
)

log = structlog.get_logger()

MOST_COMPARED = 1_200
"""How many incidents, the newest first, a new one is compared with."""

HABITS = "cycle.failure_habits"
"""Where the cycle of that name keeps what it learned."""

TOGETHER = timedelta(minutes=2)
"""Targets that fail within this time fail together."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The place of a new incident in a group led by another, and whether it waits for the leader."""

    place: GroupPlace
    waits: bool

    @property
    def words(self) -> str:
        waits = ", and waits for it" if self.waits else ""
        return f"part of incident {self.place.leader}{waits}: {self.place.why}"


def group_opened(batch: DeliveryBatch, topology: Topology, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Group the incidents that the batch opened with recent ones; return the receipts, which say so."""
    opened = {one.incident.id: one for one in batch.opened()}
    if not opened:
        return receipts
    store, new = batch.tx[GroupStore], [one.incident for one in opened.values()]
    store.lock({topology.component(target) for target in _targets(new)})
    late = store.opened_since(batch.now - GROUP_HORIZON, limit=MOST_COMPARED)
    earlier: Sequence[OpenedIncident] = [one for one in late if one.id not in opened]
    _learn(batch, topology, earlier, new)
    # Also those of earlier incidents, which would otherwise leave the group that such a pair had made.
    pairs = [one for one in store.pairs(_targets((*earlier, *new))) if linked(one, batch.now, TOGETHER)]
    known = topology.with_pairs((one.one, one.other) for one in pairs)
    earlier = _compared(earlier, new, known)
    near: Sequence[Incident | OpenedIncident] = [*earlier, *new]
    alarms = [alarm for one in near if (alarm := _alarm(one, batch)) is not None]
    places = grouped(alarms, known, _habits(batch, known, new))
    _lead(batch, earlier, places)
    standing = {one.id: one for one in near}
    parts = {one.id: part for one in new if (part := _part(one, places[one.id], standing)) is not None}
    batch.reopen({incident: _told(batch, opened[incident], part) for incident, part in parts.items()})
    # The rescue begins incidents that this batch parked for lack of room, once waiting ones leave room.
    batch.jobs = [job for job in batch.jobs if job.incident not in parts or not parts[job.incident].waits]
    return batch.amend(receipts, {incident: part.words for incident, part in parts.items()})


def _habits(batch: DeliveryBatch, known: Topology, new: Sequence[Incident]) -> Habits:
    """Return what was learned about failures here; targets that nothing connects with others need none of it."""
    if all(map(known.stands_alone, _targets(new))):
        return Habits()
    learned = batch.tx.cycle_states.peek(HABITS)
    try:
        return Habits() if learned is None else Habits.read(learned, "habits of failures")
    except InputError as error:
        # No signal may be refused for what only helps to group its incident.
        log.warning("habits_refused", why=str(error))
        return Habits()


def _targets(incidents: Collection[Incident | OpenedIncident]) -> set[TargetName]:
    return {one.target for one in incidents if one.target is not None}


def _compared(earlier: Sequence[OpenedIncident], new: Sequence[Incident], known: Topology) -> Sequence[OpenedIncident]:
    """Return the earlier incidents whose place the new ones can change, or that can change theirs."""
    targets = _targets(new)
    if all(map(known.stands_alone, targets)):
        return [one for one in earlier if one.target in targets]
    # The pace at which failures spread is measured on all of them.
    return earlier


def _alarm(incident: Incident | OpenedIncident, batch: DeliveryBatch) -> Alarm | None:
    if incident.target is None:
        return None
    settled = batch.now - incident.opened_at > GROUP_SETTLED
    return Alarm(
        id=incident.id,
        target=incident.target,
        at=incident.opened_at,
        part_of=incident.part_of,
        settled=settled,
        rank=list(Severity).index(incident.severity),
        kind=incident.signature,
    )


def _part(
    incident: Incident, place: GroupPlace, standing: Mapping[IncidentId, Incident | OpenedIncident]
) -> _Part | None:
    if place.leader is None:
        return None
    leader = standing.get(place.leader)
    apart = leader is not None and place.depends and leader.target != incident.target
    waits = apart and leader is not None and leader.state in WAITED_FOR and not outranks(incident, leader)
    return _Part(place, waits=waits)


def _told(batch: DeliveryBatch, dossier: Dossier, part: _Part) -> tuple[Dossier, Change]:
    incident, signal = dossier.incident, dossier.signal
    incident = replace(incident, part_of=part.place.leader, parked=incident.parked or part.waits)
    after = replace(dossier, incident=incident)
    happening = Happening(
        at=incident.opened_at,
        stage="signal",
        state=incident.state.value,
        headline=f"{signal.source}: {incident.title} ({part.words})",
        took=0.0,
        data={
            "source": signal.source,
            "name": signal.name,
            "severity": signal.severity.value,
            "part_of": str(part.place.leader),
        },
    )
    return after, change_of(after, happening, actor=batch.sender)


def _lead(batch: DeliveryBatch, earlier: Sequence[OpenedIncident], places: Mapping[IncidentId, GroupPlace]) -> None:
    """Let earlier incidents follow a different leader; those that led until now get an entry in their timeline."""
    moved = {one.id: places[one.id] for one in earlier if places[one.id].leader != one.part_of}
    if not moved:
        return
    batch.tx[GroupStore].lead({one: place.leader for one, place in moved.items()}, touched=batch.touched())
    led = [one for one in earlier if one.part_of is None and one.id in moved]
    batch.tx.incidents.note_all([(one.id, _follows(one, places[one.id], batch.now)) for one in led])


def _follows(incident: OpenedIncident, place: GroupPlace, now: datetime) -> Happening:
    return Happening(
        at=now,
        stage="signal",
        state=incident.state.value,
        headline=f"part of incident {place.leader}: {place.why}",
        took=0.0,
        data={"part_of": str(place.leader)},
    )


def _learn(
    batch: DeliveryBatch, topology: Topology, earlier: Sequence[OpenedIncident], new: Sequence[Incident]
) -> None:
    """Count targets that begin to fail, and the pairs that they form with targets not declared as related."""
    failing = {one.target: one.opened_at for one in earlier}
    failed: set[TargetName] = set()
    pairs: set[tuple[TargetName, TargetName]] = set()
    for one in new:
        if one.target is None or one.target in failing:
            continue
        near = [name for name, at in failing.items() if one.opened_at - at <= TOGETHER]
        pairs.update(pairs_of(one.target, [name for name in near if not topology.related(name, one.target)]))
        failing[one.target] = one.opened_at
        failed.add(one.target)
    if failed:
        batch.tx[GroupStore].learn(failed, pairs, batch.now)
