"""Outcomes of diagnosed runs, in memory."""

from collections.abc import Collection, Sequence

from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Precedent
from grace_workers.orchestration.stores.precedents import Newest, PrecedentStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryPrecedentStore(PrecedentStore):
    """Implements `stores.precedents.PrecedentStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._kept: dict[PlanId, tuple[int, Precedent]] = tx.table("precedents")
        self._models: dict[tuple[str, int], object] = tx.table("models")

    def put(self, outcome: Precedent) -> None:
        self._kept[outcome.plan] = (self.revision() + 1, outcome)

    def find(self, plan: PlanId) -> Precedent | None:
        return self._kept[plan][1] if plan in self._kept else None

    def revision(self) -> int:
        return max((revision for revision, _ in self._kept.values()), default=0)

    def newest(self, models: Collection[str]) -> Newest:
        newest = {name: max((version for of, version in self._models if of == name), default=0) for name in models}
        return Newest(revision=self.revision(), models=newest)

    def count(self) -> int:
        return len(self._kept)

    def changes(self, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        return [one for one in self._ordered() if one[0] > after][:limit]

    def before(self, revision: int | None = None, *, limit: int = 1000) -> Sequence[tuple[int, Precedent]]:
        found = [one for one in self._ordered() if revision is None or one[0] <= revision]
        return found[::-1][:limit]

    def of_problem(self, cause: str, target: TargetName, *, limit: int = 1000) -> Sequence[Precedent]:
        found = [one for _, one in self._ordered() if (one.cause, one.target) == (cause, target)]
        return found[::-1][:limit]

    def _ordered(self) -> list[tuple[int, Precedent]]:
        return sorted(self._kept.values(), key=lambda one: one[0])


DEFINITION = implements(PrecedentStore)(MemoryPrecedentStore)
