"""`WorkQueue`: queues in which work waits."""

from typing import Protocol


class WorkQueue(Protocol):
    """A server that holds queues of work, read and never consumed."""

    def length(self, queue: str) -> int:
        """Return how many items wait in the queue; 0 for a queue that is empty or was never used."""
