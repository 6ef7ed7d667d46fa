"""`ParkedMessages`: messages of a queue that can be moved to a parking place beside it, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message that waits. `id` is of its bytes, so equal messages have the same; `fault` says what is wrong with it.

    `fault` is `expired`, `unknown_task` or `malformed`, and None for a message with which nothing is wrong.
    """

    id: str
    task: str
    fault: str | None


class ParkedMessages(Protocol):
    """Queues of a broker. No worker takes a parked message; none is ever deleted."""

    def waiting(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        """Return the messages that wait, those that are next first. Raises PermanentError if more than `most` wait."""

    def parked(self, queue: str, *, most: int) -> Sequence[QueuedMessage]:
        """Return the parked messages of the queue. Raises PermanentError if there are more than `most`."""

    def park(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        """Park those of the messages that still wait; return how many. Each moves in one step. Idempotent."""

    def requeue(self, queue: str, ids: Sequence[str], *, most: int) -> int:
        """Put those of the messages that are parked at the end of the queue; return how many. Idempotent."""
