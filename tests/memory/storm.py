"""The load of the fleet, and the brakes, in memory."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import HOUR, Attempt, Brake, Load, RunCount
from grace_workers.learning import Ending
from grace_workers.orchestration.line.fairness import WAITED_FOR
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.storm import DAY, DOWN_FROM, HEARD_WITHIN, MOST_ATTEMPTS, LoadQuery, StormStore
from grace_workers.signals import Incident, IncidentState
from tests.memory.transaction import MemoryTransaction


class MemoryStormStore(StormStore):
    """Implements `stores.StormStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._runs: dict[Any, Any] = tx.table("runs")
        self._holds: dict[Any, Any] = tx.table("run_holds")
        self._incidents: dict[Any, Any] = tx.table("incidents")
        self._brakes: dict[str, tuple[Brake, datetime | None]] = tx.table("storm_brakes")

    def lock(self) -> None:
        pass

    def load(self, query: LoadQuery, now: datetime) -> Load:
        ended = [one for one in self._runs.values() if one.episode and one.episode.ending is not Ending.INCONCLUSIVE]
        ended.sort(key=lambda one: one.episode.at, reverse=True)
        mine = [
            one
            for one in ended
            if (one.plan.target, one.episode.cause) == (query.target, query.cause) and now - one.started_at < DAY
        ]
        held = {target for target, plan in self._holds.items() if self._runs[plan].incident != query.incident}
        return Load(
            tallies=self._tallies(now),
            held=frozenset(held),
            down=self._down(query, now),
            missed=self._missed(ended, query, now),
            attempts=tuple(
                Attempt(
                    playbook=one.plan.playbook,
                    at=one.episode.at,
                    helped=one.episode.ending is Ending.VERIFIED,
                    approach=one.episode.approach,
                )
                for one in mine[:MOST_ATTEMPTS]
            ),
            brakes=tuple(self.brakes()),
        )

    def brake(self, brake: Brake) -> bool:
        if any(one.scope == brake.scope for one in self.brakes()):
            return False
        self._brakes[brake.scope] = (brake, None)
        return True

    def lift(self, scope: str, *, by: str, at: datetime) -> Brake:
        del by
        found = next((one for one in self.brakes() if one.scope == scope), None)
        if found is None:
            raise NotFoundError(f"no brake is on in {scope[:80]!r}; `grace storm show` lists them")
        self._brakes[scope] = (found, at)
        return found

    def brakes(self) -> Sequence[Brake]:
        return [brake for _, (brake, lifted) in sorted(self._brakes.items()) if lifted is None]

    def _tallies(self, now: datetime) -> dict[str, RunCount]:
        at_once: Counter[str] = Counter()
        begun: Counter[str] = Counter()
        for one in self._runs.values():
            for scope in one.scopes:
                lifted = self._brakes.get(scope, (None, None))[1]
                since = max(now - HOUR, lifted) if lifted is not None else now - HOUR
                at_once[scope] += one.episode is None
                begun[scope] += one.automatic and one.started_at > since
        return {scope: RunCount(at_once[scope], begun[scope]) for scope in at_once}

    def _down(self, query: LoadQuery, now: datetime) -> dict[TargetName, bool]:
        found: dict[TargetName, bool] = {}
        for dossier in self._incidents.values():
            one: Incident = dossier.incident
            if one.target is None or one.severity not in DOWN_FROM:
                continue
            closed = one.state is IncidentState.CLOSED
            if (
                one.updated_at > now - query.settle
                if closed
                else max(one.last_signal_at, one.updated_at) > now - HEARD_WITHIN
            ):
                under_way = one.state in WAITED_FOR and not one.parked and one.id != query.incident
                found[one.target] = found.get(one.target, False) or under_way
        return found

    def _missed(self, ended: Sequence[Any], query: LoadQuery, now: datetime) -> tuple[TargetName, ...]:
        newest: dict[TargetName, Ending] = {}
        for one in ended:
            near = query.service in one.scopes and now - one.started_at < HOUR
            if one.plan.playbook == query.playbook and near:
                newest.setdefault(one.plan.target, one.episode.ending)
        return tuple(sorted(target for target, ending in newest.items() if ending is not Ending.VERIFIED))


DEFINITION = implements(StormStore)(MemoryStormStore)
