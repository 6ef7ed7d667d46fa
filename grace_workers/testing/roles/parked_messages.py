"""Queues with a parking place in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import ParkedMessages, QueuedMessage
from grace_workers.foundation.errors import PermanentError


@dataclass(slots=True)
class MemoryParking(ParkedMessages):
    """`ParkedMessages` with the messages that wait and those that are parked, by queue."""

    queues: dict[str, list[QueuedMessage]] = field(default_factory=dict)
    places: dict[str, list[QueuedMessage]] = field(default_factory=dict)

    def waiting(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        return self._few(self.queues.get(queue, []), queue, most)

    def parked(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        return self._few(self.places.get(queue, []), queue, most)

    def park(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        chosen = [one for one in self.waiting(queue, most=most) if one.id in ids]
        for one in chosen:
            self.queues[queue].remove(one)
            self.places.setdefault(queue, []).append(one)
        return len(chosen)

    def requeue(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        chosen = [one for one in self.parked(queue, most=most) if one.id in ids]
        for one in chosen:
            self.places[queue].remove(one)
            self.queues.setdefault(queue, []).append(one)
        return len(chosen)

    @staticmethod
    def _few(found: list[QueuedMessage], queue: str, most: int) -> Sequence[QueuedMessage]:
        if len(found) > most:
            raise PermanentError(f"more than {most} messages of queue {queue!r}")
        return list(found)
