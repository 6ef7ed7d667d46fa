"""A target in memory that can be held."""

from dataclasses import dataclass

from grace_workers.actions import Suspendable


@dataclass(slots=True)
class MemorySuspendable(Suspendable):
    """`Suspendable` that only remembers whether it is held."""

    held: bool = False

    def begins(self) -> str:
        return "rollouts of the shop"

    def is_suspended(self) -> bool:
        return self.held

    def suspend(self) -> None:
        self.held = True

    def resume(self) -> None:
        self.held = False
