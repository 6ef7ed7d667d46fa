"""`Consumers`: workers that take from queues, each of which can stop and begin to take from one."""

from collections.abc import Sequence
from typing import Protocol


class Consumers(Protocol):
    """The workers of one application, told apart by their names. A worker that has ended is not one of them."""

    def workers(self) -> Sequence[str]:
        """Return the names of the workers that answer, in order."""

    def consumers(self, queue: str) -> Sequence[str]:
        """Return the names of those that take from the queue, in order."""

    def pause(self, queue: str, workers: Sequence[str]) -> None:
        """Let these workers take no more from the queue; what they have taken, they finish. Idempotent.

        Raises TransientError when one of them does not answer.
        """

    def resume(self, queue: str, workers: Sequence[str]) -> None:
        """Let these workers take from the queue. Idempotent. Raises as `pause`."""
