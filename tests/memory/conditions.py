"""Conditions and which members of each still fire, in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime

from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Firing
from tests.memory.transaction import MemoryTransaction


class MemoryConditionStore(ConditionStore):
    """Implements `stores.ConditionStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._firing: dict[Condition, Firing] = tx.table("members")

    def lock(self, words: Collection[str]) -> None:
        """Do nothing: transactions take turns, so each decides alone."""

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        found = {}
        for condition in conditions:
            kept = self._firing.get(condition, {})
            found[condition] = {name: one for name, one in kept.items() if one.seen_at > since}
        return {condition: members for condition, members in found.items() if members}

    def keep(self, changes: Mapping[Condition, tuple[Firing, Firing]]) -> None:
        for condition, (before, after) in changes.items():
            gone = before.keys() - after.keys()
            kept = {name: one for name, one in self._firing.get(condition, {}).items() if name not in gone}
            self._firing[condition] = {**kept, **after}


DEFINITION = implements(ConditionStore)(MemoryConditionStore)
