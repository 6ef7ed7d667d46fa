"""The outbox of notices, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.orchestration.stores.notices import FOLDED, NoticeRow, NoticeStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryNoticeStore(NoticeStore):
    """Implements `stores.NoticeStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._rows: dict[tuple[str, str, str], NoticeRow] = tx.table("notices")
        self._takers: dict[str, str] = tx.table("takers")

    def add(self, row: NoticeRow) -> bool:
        if (row.subject, row.way, row.key) in self._rows:
            return False
        self._rows[row.subject, row.way, row.key] = row
        return True

    def load(self, subject: str, way: str, key: str) -> NoticeRow | None:
        return self._rows.get((subject, way, key))

    def of(self, subjects: Collection[str]) -> Mapping[str, Sequence[NoticeRow]]:
        rows = sorted(self._rows.values(), key=lambda row: (row.made_at, row.key))
        found = {name: [row for row in rows if row.subject == name] for name in subjects}
        return {name: own for name, own in found.items() if own}

    def unsettled(self, *, limit: int) -> Sequence[str]:
        newest = {row.subject: row for row in sorted(self._rows.values(), key=lambda row: (row.made_at, row.key))}
        needed = sorted((row for row in newest.values() if row.kind == "needed"), key=lambda row: row.made_at)
        return [row.subject for row in needed][:limit]

    def folded_beside(self, row: NoticeRow) -> int:
        return sum(one.way == FOLDED and one.made_at == row.made_at for one in self._rows.values())

    def sent(self, row: NoticeRow, at: datetime, *, thread: str | None, error: str | None = None) -> None:
        self._rows[row.subject, row.way, row.key] = replace(row, sent_at=at, thread=thread, error=error)

    def take(self, subject: str, by: str, at: datetime) -> bool:
        del at
        return self._takers.setdefault(subject, by) is by

    def takers(self, subjects: Collection[str]) -> Mapping[str, str]:
        return {name: self._takers[name] for name in subjects if name in self._takers}


DEFINITION = implements(NoticeStore)(MemoryNoticeStore)
