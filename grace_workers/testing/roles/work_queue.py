"""Queues of work in memory."""

from dataclasses import dataclass, field

from grace_workers.actions import WorkQueue


@dataclass(slots=True)
class MemoryQueues(WorkQueue):
    """A `WorkQueue` with the number of items that wait in each queue."""

    waiting: dict[str, int] = field(default_factory=dict)

    def length(self, queue: str) -> int:
        return self.waiting.get(queue, 0)
