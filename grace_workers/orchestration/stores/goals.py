"""Goals that people made or ended."""

from collections.abc import Sequence
from typing import Protocol

from grace_workers.cycles import Goal


class GoalStore(Protocol):
    """Goals that people made or ended. A name that was ended may be used again."""

    def lock(self) -> None:
        """Let one transaction at a time change goals, so that together they stay without circles."""

    def save(self, goal: Goal) -> None:
        """Insert or replace a goal."""

    def stored(self) -> Sequence[Goal]:
        """Return all goals, ended ones too, by name."""
