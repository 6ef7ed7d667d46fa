"""Queues of work in memory."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryQueues:
    """A `WorkQueue` with the number of pieces of work that wait in each queue."""

    waiting: dict[str, int] = field(default_factory=dict)

    def length(self, queue: str) -> int:
        """Return how many wait."""
        return self.waiting.get(queue, 0)
