"""Groups of incidents, and targets that fail together, in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.line.fairness import WAITED_FOR
from grace_workers.orchestration.stores.groups import GroupStore, InTheWay, OpenedIncident
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import MOST_CO_OCCURRENCES, CoOccurrence, Incident
from tests.memory.transaction import MemoryTransaction

_FEWEST = 3


class MemoryGroupStore(GroupStore):
    """Implements `stores.GroupStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")
        self._failures: dict[TargetName, tuple[int, datetime]] = tx.table("failures")
        self._pairs: dict[tuple[TargetName, TargetName], tuple[int, datetime]] = tx.table("co_occurrences")
        self._clock = tx.clock
        self._runs: dict[PlanId, Any] = tx.table("runs")
        self._holds: dict[TargetName, PlanId] = tx.table("run_holds")

    def lock(self, components: Collection[TargetName]) -> None:
        pass

    def opened_since(self, since: datetime, *, limit: int) -> Sequence[OpenedIncident]:
        found = [
            OpenedIncident(
                id=one.id,
                state=one.state,
                target=one.target,
                signature=one.signature,
                severity=one.severity,
                opened_at=one.opened_at,
                part_of=one.part_of,
            )
            for one in self._incidents()
            if one.opened_at > since and one.target is not None
        ]
        return sorted(found, key=lambda one: one.opened_at)[-limit:]

    def lead(self, leaders: Mapping[IncidentId, IncidentId | None], *, touched: Collection[IncidentId] = ()) -> None:
        for incident, leader in leaders.items():
            followers = [one.id for one in self._incidents() if one.part_of == incident and one.id != leader]
            for follower in followers if leader is not None else ():
                self._set(follower, leader)
        for incident, leader in leaders.items():
            self._set(incident, leader)

    def members(self, leader: IncidentId, *, limit: int = 500) -> Sequence[Incident]:
        return [one for one in self._incidents() if one.part_of == leader][:limit]

    def sizes(self, leaders: Collection[IncidentId]) -> Mapping[IncidentId, int]:
        return Counter(one.part_of for one in self._incidents() if one.part_of is not None and one.part_of in leaders)

    def held_targets(self, leader: IncidentId) -> Sequence[TargetName]:
        return sorted({one.target for one in self.members(leader) if one.parked and one.target is not None})

    def in_the_way(self, incident: IncidentId, *, hold: timedelta) -> InTheWay:
        busy = frozenset(target for target, plan in self._holds.items() if self._runs[plan].incident != incident)
        return InTheWay(busy, self._waited_for(incident, hold))

    def _waited_for(self, incident: IncidentId, hold: timedelta) -> Incident | None:
        if incident not in self._dossiers or (one := self._dossiers[incident].incident).part_of is None:
            return None
        leader = self._dossiers[one.part_of].incident
        if leader.target == one.target or leader.state not in WAITED_FOR:
            return None
        return leader if one.opened_at > self._clock.now() - hold else None

    def learn(
        self, failed: Collection[TargetName], pairs: Collection[tuple[TargetName, TargetName]], now: datetime
    ) -> None:
        for target in failed:
            count, since = self._failures.get(target, (0, now))
            self._failures[target] = (count + 1, since)
        for pair in pairs:
            self._pairs[pair] = (self._pairs.get(pair, (0, now))[0] + 1, now)
        for pair in sorted(self._pairs, key=lambda pair: self._pairs[pair][1])[
            : len(self._pairs) - MOST_CO_OCCURRENCES
        ]:
            del self._pairs[pair]

    def pairs(self, targets: Collection[TargetName]) -> Sequence[CoOccurrence]:
        return [
            CoOccurrence(
                one=one,
                other=other,
                together=count,
                failed=(self._failures[one][0], self._failures[other][0]),
                since=max(self._failures[one][1], self._failures[other][1]),
            )
            for (one, other), (count, _) in sorted(self._pairs.items())
            if count >= _FEWEST and one in targets and other in targets
        ]

    def _incidents(self) -> Sequence[Incident]:
        return [self._dossiers[key].incident for key in sorted(self._dossiers)]

    def _set(self, incident: IncidentId, leader: IncidentId | None) -> None:
        stored = self._dossiers[incident]
        self._dossiers[incident] = replace(stored, incident=replace(stored.incident, part_of=leader))


DEFINITION = implements(GroupStore)(MemoryGroupStore)
