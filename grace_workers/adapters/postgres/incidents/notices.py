"""The outbox of notices."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.stores.notices import FOLDED, NoticeRow, NoticeStore
from grace_workers.orchestration.stores.store import implements

_ROW = Columns(NoticeRow)

_ADD = f"INSERT INTO notices ({_ROW}) VALUES ({_ROW.marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - only constants

_LOAD = f"SELECT {_ROW} FROM notices WHERE subject = %(subject)s AND way = %(way)s AND key = %(key)s"  # noqa: S608

_OF = f"SELECT {_ROW} FROM notices WHERE subject = ANY(%(subjects)s::text[]) ORDER BY made_at, key"  # noqa: S608

# The newest notice of a subject says whether people still believe that they are needed.
_UNSETTLED = """
SELECT subject FROM (
    SELECT DISTINCT ON (subject) subject, kind, made_at FROM notices
    WHERE made_at > now() - interval '31 days' ORDER BY subject, made_at DESC, key DESC
) AS newest WHERE kind = 'needed' ORDER BY made_at LIMIT %(limit)s
"""

_BESIDE = "SELECT count(*) FROM notices WHERE way = %(folded)s AND made_at = %(at)s"

_SENT = """
UPDATE notices SET sent_at = %(at)s, thread = %(thread)s, error = %(error)s
WHERE subject = %(subject)s AND way = %(way)s AND key = %(key)s
"""

_TAKE = "INSERT INTO takers (subject, by, at) VALUES (%(subject)s, %(by)s, %(at)s) ON CONFLICT DO NOTHING"

_TAKERS = "SELECT subject, by FROM takers WHERE subject = ANY(%(subjects)s::text[])"


class PostgresNoticeStore(PostgresStore, NoticeStore):
    """Implements `stores.NoticeStore`."""

    def add(self, row: NoticeRow) -> bool:
        return run(self._connection, _ADD, _ROW.values(row)) == 1

    def load(self, subject: str, way: str, key: str) -> NoticeRow | None:
        row = one(self._connection, _LOAD, {"subject": subject, "way": way, "key": key})
        return None if row is None else _ROW.read(row)

    def of(self, subjects: Collection[str]) -> Mapping[str, Sequence[NoticeRow]]:
        found: dict[str, list[NoticeRow]] = defaultdict(list)
        for row in many(self._connection, _OF, {"subjects": list(subjects)}):
            found[row[0]].append(_ROW.read(row))
        return found

    def unsettled(self, *, limit: int) -> Sequence[str]:
        return [str(row[0]) for row in many(self._connection, _UNSETTLED, {"limit": limit})]

    def folded_beside(self, row: NoticeRow) -> int:
        return int(one(self._connection, _BESIDE, {"at": row.made_at, "folded": FOLDED})[0])

    def sent(self, row: NoticeRow, at: datetime, *, thread: str | None, error: str | None = None) -> None:
        values = {"subject": row.subject, "way": row.way, "key": row.key, "at": at, "thread": thread, "error": error}
        run(self._connection, _SENT, values)

    def take(self, subject: str, by: str, at: datetime) -> bool:
        return run(self._connection, _TAKE, {"subject": subject, "by": by, "at": at}) == 1

    def takers(self, subjects: Collection[str]) -> Mapping[str, str]:
        return {row[0]: row[1] for row in many(self._connection, _TAKERS, {"subjects": list(subjects)})}


DEFINITION = implements(NoticeStore)(PostgresNoticeStore)
