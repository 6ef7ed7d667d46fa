"""Subscribers' cursors: who holds a subscription, its position, and the events it parked."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.events.mesh import (
    LEASE,
    Cursor,
    CursorLostError,
    ParkedEvent,
    StartPosition,
    SubscriptionStatus,
)
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.stores.cursors import CursorStore
from grace_workers.orchestration.stores.store import implements

_TAKE = """
INSERT INTO event_cursors AS c (name, position, epoch, holder, held_until, updated_at)
SELECT %(name)s, CASE WHEN %(newest)s THEN h.newest ELSE h.trimmed END, 1, %(holder)s,
    clock_timestamp() + %(lease)s::interval, clock_timestamp()
FROM event_head h
ON CONFLICT (name) DO UPDATE SET epoch = c.epoch + (c.holder IS DISTINCT FROM excluded.holder)::integer,
    holder = excluded.holder, held_until = excluded.held_until
WHERE c.holder IS NULL OR c.holder = excluded.holder OR c.held_until < clock_timestamp()
RETURNING position, epoch
"""

_MOVE = """
UPDATE event_cursors SET position = %(position)s, failing = NULL, attempts = 0, missed = missed + %(missed)s,
    held_until = clock_timestamp() + %(lease)s::interval, updated_at = clock_timestamp()
WHERE name = %(name)s AND epoch = %(epoch)s AND position = %(from)s
"""

_ATTEMPT = """
UPDATE event_cursors SET attempts = CASE WHEN failing = %(event)s THEN attempts + 1 ELSE 1 END, failing = %(event)s
WHERE name = %(name)s AND epoch = %(epoch)s AND position = %(from)s RETURNING attempts
"""

_HOLD = """
SELECT 1 FROM event_cursors WHERE name = %(name)s AND epoch = %(epoch)s AND position = %(from)s FOR NO KEY UPDATE
"""

_EVENT = Columns(ParkedEvent)

_PARK = f"""
INSERT INTO event_parked ({_EVENT}) VALUES ({_EVENT.marks}) ON CONFLICT DO NOTHING
"""  # noqa: S608 - only constants are put in

_RELEASE = "UPDATE event_cursors SET holder = NULL, held_until = NULL WHERE name = %(name)s AND epoch = %(epoch)s"

_REWIND = """
UPDATE event_cursors SET position = %(position)s, epoch = epoch + 1, failing = NULL, attempts = 0,
    updated_at = clock_timestamp()
WHERE name = %(name)s
"""

_STATUS = Columns(
    SubscriptionStatus,
    "c",
    lag="greatest(h.newest - c.position, 0)",
    holder="CASE WHEN c.held_until > now() THEN c.holder END",
)

_STANDINGS = f"SELECT {_STATUS} FROM event_cursors c CROSS JOIN event_head h ORDER BY c.name"  # noqa: S608

_PARKED = f"""
SELECT {_EVENT} FROM event_parked
ORDER BY parked_at DESC, position DESC LIMIT %(limit)s
"""  # noqa: S608


class PostgresCursorStore(PostgresStore, CursorStore):
    """Implements `mesh.CursorStore` on one connection. Leases run by the database's clock."""

    def take(
        self, name: str, holder: str, *, start: StartPosition = StartPosition.NEWEST, lease: timedelta = LEASE
    ) -> Cursor | None:
        values = {"name": name, "holder": holder, "newest": start is StartPosition.NEWEST, "lease": lease}
        row = one(self._connection, _TAKE, values)
        return None if row is None else Cursor(name=name, position=row[0], epoch=row[1])

    def move(self, cursor: Cursor, position: int, *, missed: int = 0, lease: timedelta = LEASE) -> Cursor:
        values = {**_of(cursor), "position": position, "missed": missed, "lease": lease}
        if run(self._connection, _MOVE, values) == 0:
            raise _lost(cursor)
        return Cursor(name=cursor.name, position=position, epoch=cursor.epoch)

    def attempt(self, cursor: Cursor, event: Event) -> int:
        row = one(self._connection, _ATTEMPT, {**_of(cursor), "event": event.id})
        if row is None:
            raise _lost(cursor)
        attempts: int = row[0]
        return attempts

    def park(self, cursor: Cursor, parked: ParkedEvent) -> None:
        if one(self._connection, _HOLD, _of(cursor)) is None:
            raise _lost(cursor)
        run(self._connection, _PARK, _EVENT.values(parked))

    def release(self, cursor: Cursor) -> None:
        run(self._connection, _RELEASE, _of(cursor))

    def rewind(self, name: str, position: int) -> None:
        if run(self._connection, _REWIND, {"name": name, "position": position}) == 0:
            raise NotFoundError(f"no subscription {name[:80]!r}; `grace events subscriptions` lists all")

    def standings(self) -> Sequence[SubscriptionStatus]:
        return [_STATUS.read(row) for row in many(self._connection, _STANDINGS, {})]

    def parked(self, *, limit: int = 100) -> Sequence[ParkedEvent]:
        return [_EVENT.read(row) for row in many(self._connection, _PARKED, {"limit": limit})]


def _of(cursor: Cursor) -> Mapping[str, Any]:
    return {"name": cursor.name, "epoch": cursor.epoch, "from": cursor.position}


def _lost(cursor: Cursor) -> CursorLostError:
    return CursorLostError(
        f"the cursor of subscription {cursor.name!r} (epoch {cursor.epoch}, position {cursor.position}) "
        "belongs to another process now"
    )


DEFINITION = implements(CursorStore)(PostgresCursorStore)
