"""Causes that people propose from what was learned, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryLearnedCauseStore(LearnedCauseStore):
    """Implements `stores.LearnedCauseStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._versions: dict[tuple[str, str], LearnedCause] = tx.table("learned_causes")

    def propose(self, cause: LearnedCause) -> None:
        self._versions.setdefault((cause.name, cause.version), replace(cause, accepted_at=None))

    def accept(self, name: str, version: str | None, at: datetime) -> None:
        for one in self.versions(name):
            now = (one.accepted_at or at) if one.version == version else None
            self._versions[one.name, one.version] = replace(one, accepted_at=now)

    def versions(self, name: str | None = None) -> Sequence[LearnedCause]:
        mine = [one for key, one in sorted(self._versions.items()) if name in {None, key[0]}]
        newest = sorted(mine, key=lambda one: one.proposed_at, reverse=True)
        return sorted(newest, key=lambda one: one.name)

    def accepted(self) -> Sequence[LearnedCause]:
        return [one for one in self.versions() if one.accepted_at is not None]


DEFINITION = implements(LearnedCauseStore)(MemoryLearnedCauseStore)
