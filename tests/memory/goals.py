"""Goals that people made or ended, in memory."""

from collections.abc import Sequence

from grace_workers.cycles.goals import Goal
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryGoalStore(GoalStore):
    """Implements `stores.GoalStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._goals: dict[str, Goal] = tx.table("goals")

    def lock(self) -> None:
        """Do nothing: transactions take turns."""

    def save(self, goal: Goal) -> None:
        self._goals[goal.name] = goal

    def stored(self) -> Sequence[Goal]:
        return [self._goals[name] for name in sorted(self._goals)]


DEFINITION = implements(GoalStore)(MemoryGoalStore)
