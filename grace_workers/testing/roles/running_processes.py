"""Running processes in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import ProcessUse, RunningProcesses


@dataclass(slots=True)
class MemoryRunning(RunningProcesses):
    """`RunningProcesses` with given values."""

    uses: list[ProcessUse] = field(default_factory=list)

    def count(self) -> int:
        return len(self.uses)

    def largest(self, limit: int) -> Sequence[ProcessUse]:
        return sorted(self.uses, key=lambda one: (-one.memory, one.pid))[: max(limit, 0)]
