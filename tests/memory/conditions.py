"""Conditions and who of each still fires, in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime

from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Firing
from tests.memory.tables import Table
from tests.memory.transaction import MemoryTransaction


class MemoryConditionStore:
    """Implements `stores.ConditionStore`."""

    def __init__(self, table: Table) -> None:
        self._firing: dict[Condition, Firing] = table("members")

    def lock(self, words: Collection[str]) -> None:
        """Do nothing: transactions take turns, so each decides alone."""

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        """Return who fires and was heard of after `since`; conditions of which no one does are absent."""
        found = {}
        for condition in conditions:
            kept = self._firing.get(condition, {})
            found[condition] = {name: one for name, one in kept.items() if one.seen_at > since}
        return {condition: members for condition, members in found.items() if members}

    def keep(self, changes: Mapping[Condition, tuple[Firing, Firing]]) -> None:
        """Write what has changed in many conditions: who fired before, and who does now."""
        for condition, (before, after) in changes.items():
            gone = before.keys() - after.keys()
            kept = {name: one for name, one in self._firing.get(condition, {}).items() if name not in gone}
            self._firing[condition] = {**kept, **after}


def _make(tx: MemoryTransaction) -> MemoryConditionStore:
    return MemoryConditionStore(tx.table)


DEFINITION = implements(ConditionStore)(_make)
