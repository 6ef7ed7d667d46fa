"""Which cycles are paused, and their newest runs, in memory."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.orchestration.job import Job
from grace_workers.orchestration.stores.cycles import CycleStore, Pause
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryCycleStore(CycleStore):
    """Implements `stores.CycleStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._jobs = tx.jobs
        self._pauses: dict[str, Pause] = tx.table("cycle_pauses")

    def paused(self) -> Mapping[str, Pause]:
        return dict(sorted(self._pauses.items()))

    def pause(self, name: str, pause: Pause) -> bool:
        return self._pauses.setdefault(name, pause) is pause

    def resume(self, name: str) -> bool:
        return self._pauses.pop(name, None) is not None

    def runs(self, jobs: Collection[str], *, limit: int = 1, ended: bool = False) -> Sequence[Job]:
        found = [
            one
            for name in jobs
            for one in [job for job in self._jobs.find(names=[name], limit=10_000) if job.ended_at or not ended][:limit]
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)


DEFINITION = implements(CycleStore)(MemoryCycleStore)
