"""How far playbooks may act by themselves, and the evidence for it, in memory."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from grace_workers.actions import Domain
from grace_workers.foundation.ids import PlanId
from grace_workers.governance import EVERY_PLAYBOOK, Autonomy, RunEnd, RunEvidence
from grace_workers.learning import Ending
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryAutonomyStore(AutonomyStore):
    """Implements `stores.AutonomyStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._rows: dict[tuple[str, Domain], Autonomy] = tx.table("autonomy")
        self._runs: dict[Any, Any] = tx.table("runs")

    def lock(self) -> None:
        pass

    def known(self, playbook: str, domain: Domain) -> Mapping[str, Autonomy]:
        wanted = (playbook, EVERY_PLAYBOOK)
        return {name: self._rows[name, domain] for name in wanted if (name, domain) in self._rows}

    def all(self) -> Sequence[Autonomy]:
        return [self._rows[key] for key in sorted(self._rows)]

    def put(self, autonomy: Autonomy) -> None:
        self._rows[autonomy.playbook, autonomy.domain] = autonomy

    def evidence(self) -> Mapping[tuple[str, Domain], RunEvidence]:
        keys = {(one.plan.playbook, one.plan.domain) for one in self._runs.values()}
        found = {key: list(self._clear(key[1], key[0], since_of=key[0])) for key in keys}
        return {key: _evidence(runs) for key, runs in found.items() if runs}

    def ran(self, plan: PlanId) -> tuple[str, Domain] | None:
        found = self._runs.get(plan)
        return None if found is None else (found.plan.playbook, found.plan.domain)

    def newest(self, playbook: str, domain: Domain, *, limit: int) -> Sequence[RunEnd]:
        found = [
            RunEnd(at=one.episode.at, verified=_won(one), restored=one.episode.restored)
            for one in self._clear(domain, playbook, since_of=playbook)
        ]
        return sorted(found, key=lambda one: one.at, reverse=True)[:limit]

    def spent(self, domain: Domain, *, since: datetime) -> tuple[int, int]:
        found = [one for one in self._clear(domain, None, since_of=EVERY_PLAYBOOK) if one.started_at > since]
        return len(found), sum(not _won(one) for one in found)

    def _clear(self, domain: Domain, playbook: str | None, *, since_of: str) -> Iterator[Any]:
        row = self._rows.get((since_of, domain))
        for one in self._runs.values():
            mine = one.plan.domain is domain and playbook in {None, one.plan.playbook}
            clear = one.episode is not None and one.episode.ending is not Ending.INCONCLUSIVE
            if mine and clear and (row is None or one.episode.at > row.at):
                yield one


def _won(run: Any) -> bool:
    return bool(run.episode.ending is Ending.VERIFIED)


def _evidence(runs: Sequence[Any]) -> RunEvidence:
    return RunEvidence(
        runs=len(runs),
        verified=sum(_won(one) for one in runs),
        restores=sum(one.episode.restored is True for one in runs),
        failed_restores=sum(one.episode.restored is False for one in runs),
        days=len({one.episode.at.date() for one in runs}),
        since=min(one.episode.at for one in runs),
    )


DEFINITION = implements(AutonomyStore)(MemoryAutonomyStore)
