"""Workers in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import Consumers
from grace_workers.foundation.errors import TransientError


@dataclass(slots=True)
class MemoryConsumers(Consumers):
    """`Consumers` with the queues that each worker takes from."""

    taking: dict[str, set[str]] = field(default_factory=dict)

    def workers(self) -> Sequence[str]:
        return sorted(self.taking)

    def consumers(self, queue: str) -> Sequence[str]:
        return sorted(name for name, queues in self.taking.items() if queue in queues)

    def pause(self, queue: str, workers: Sequence[str]) -> None:
        for name in self._known(workers):
            self.taking[name].discard(queue)

    def resume(self, queue: str, workers: Sequence[str]) -> None:
        for name in self._known(workers):
            self.taking[name].add(queue)

    def _known(self, workers: Sequence[str]) -> Sequence[str]:
        silent = sorted(set(workers) - set(self.taking))
        if silent:
            raise TransientError(f"workers do not answer: {', '.join(silent)}")
        return workers
