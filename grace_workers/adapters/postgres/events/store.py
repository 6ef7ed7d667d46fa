"""Publishing into the outbox, and reading the log, inside the caller's transaction.

Publishing is one INSERT without a lock. The mover gives positions later, so that they follow the commits.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import many, one, run_all
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.events.mesh import Draft, draft
from grace_workers.orchestration.events.topic import B, Event, Page, Topic, TrimmedError
from grace_workers.orchestration.stores.events import EventStore
from grace_workers.orchestration.stores.store import implements

_EVENT = Columns(Event, "e")

_PUBLISH = """
INSERT INTO event_outbox (id, topic, key, body)
SELECT id, topic, key, body::json
FROM unnest(%(id)s::uuid[], %(topic)s::text[], %(key)s::text[], %(body)s::text[])
    WITH ORDINALITY AS e (id, topic, key, body, number)
ORDER BY number
"""

# One statement, and so one snapshot: the newest position, the trimmed position and the rows belong together.
_READ = f"""
SELECT h.newest, h.trimmed, {_EVENT}
FROM event_head h LEFT JOIN LATERAL (
    SELECT * FROM events WHERE position > %(after)s AND position <= h.newest
        AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    ORDER BY position LIMIT %(limit)s
) e ON true
ORDER BY e.position
"""  # noqa: S608 - only constants are put in

_NEWEST = f"""
SELECT h.newest, h.trimmed, {_EVENT}
FROM event_head h LEFT JOIN LATERAL (
    SELECT * FROM events WHERE position <= h.newest
        AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
    ORDER BY position DESC LIMIT %(limit)s
) e ON true
ORDER BY e.position
"""  # noqa: S608 - only constants are put in

_BEFORE = """
SELECT coalesce((SELECT min(position) - 1 FROM events WHERE logged_at >= %(moment)s), newest) FROM event_head
"""


class PostgresEventStore(PostgresStore, EventStore):
    """Implements `mesh.EventStore` on one connection."""

    def publish(self, topic: Topic[B], body: B, *, event_id: EventId | None = None) -> EventId:
        made = draft(topic, body, event_id)
        self.publish_all([made])
        return made.id

    def publish_all(self, drafts: Sequence[Draft]) -> None:
        rows = [{"id": one.id, "topic": one.topic, "key": one.key, "body": one.body} for one in drafts]
        run_all(self._connection, _PUBLISH, rows)

    def read(self, *, after: int, topics: Sequence[str] = (), limit: int = 100) -> Page:
        rows = many(self._connection, _READ, {"after": after, "topics": list(topics) or None, "limit": limit})
        newest, trimmed = rows[0][:2]
        if after < trimmed:
            raise TrimmedError(after, trimmed)
        events = _events(rows)
        return Page(events=events, upto=events[-1].position if len(events) == limit else max(newest, after))

    def newest(self, *, topics: Sequence[str] = (), limit: int = 20) -> Page:
        rows = many(self._connection, _NEWEST, {"topics": list(topics) or None, "limit": limit})
        return Page(events=_events(rows), upto=rows[0][0])

    def before(self, moment: datetime) -> int:
        position: int = one(self._connection, _BEFORE, {"moment": moment})[0]
        return position


def _events(rows: Sequence[Any]) -> list[Event]:
    return [_EVENT.read(row[2:]) for row in rows if row[2] is not None]


DEFINITION = implements(EventStore)(PostgresEventStore)
