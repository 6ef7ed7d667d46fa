"""Conditions, and who of each still fires."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from grace_workers.signals import Condition, Firing


class ConditionStore(Protocol):
    """Conditions: who of each still fires. What is read here is decided on under `lock`."""

    def lock(self, words: Collection[str]) -> None:
        """Let one transaction at a time decide on any of the words."""

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        """Return who fires and was heard of after `since`; conditions of which no one does are absent."""

    def keep(self, changes: Mapping[Condition, tuple[Firing, Firing]]) -> None:
        """Write what has changed in many conditions: who fired before, and who does now."""
