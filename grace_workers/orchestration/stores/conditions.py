"""Conditions, and which of their members still fire."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from grace_workers.signals import Condition, Firing


class ConditionStore(Protocol):
    """Conditions: which members of each still fire. Decisions on what is read here happen under `lock`."""

    def lock(self, words: Collection[str]) -> None:
        """Let one transaction at a time decide about any of the keys."""

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        """Return who fires and was heard of after `since`; conditions that no longer fire are absent."""

    def keep(self, changes: Mapping[Condition, tuple[Firing, Firing]]) -> None:
        """Write the changes of many conditions: who fired before, and who fires now."""
