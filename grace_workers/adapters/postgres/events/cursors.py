"""Subscribers' cursors: who holds a subscription, how far it has come, what it had to leave aside."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import many, one, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import EventId
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

_PARK = """
INSERT INTO event_parked (subscription, id, position, topic, attempts, error, parked_at)
VALUES (%(subscription)s, %(id)s, %(position)s, %(topic)s, %(attempts)s, %(error)s, %(at)s)
ON CONFLICT DO NOTHING
"""

_RELEASE = "UPDATE event_cursors SET holder = NULL, held_until = NULL WHERE name = %(name)s AND epoch = %(epoch)s"

_REWIND = """
UPDATE event_cursors SET position = %(position)s, epoch = epoch + 1, failing = NULL, attempts = 0,
    updated_at = clock_timestamp()
WHERE name = %(name)s
"""

_STANDINGS = """
SELECT c.name, c.position, greatest(h.newest - c.position, 0), CASE WHEN c.held_until > now() THEN c.holder END,
    c.attempts, c.missed, c.updated_at
FROM event_cursors c CROSS JOIN event_head h ORDER BY c.name
"""

_PARKED = """
SELECT subscription, id, position, topic, attempts, error, parked_at FROM event_parked
ORDER BY parked_at DESC, position DESC LIMIT %(limit)s
"""


class PostgresCursorStore:
    """Implements `mesh.CursorStore` on one connection. Leases run by the database's clock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(
        self, name: str, holder: str, *, start: StartPosition = StartPosition.NEWEST, lease: timedelta = LEASE
    ) -> Cursor | None:
        """Hold the subscription for `lease`, or return None while another process does. A new one begins at `start`."""
        values = {"name": name, "holder": holder, "newest": start is StartPosition.NEWEST, "lease": lease}
        row = one(self._connection, _TAKE, values)
        return None if row is None else Cursor(name=name, position=row[0], epoch=row[1])

    def move(self, cursor: Cursor, position: int, *, missed: int = 0, lease: timedelta = LEASE) -> Cursor:
        """Pass everything up to `position`, forget failures, renew the lease; return the cursor as it is then."""
        values = {**_of(cursor), "position": position, "missed": missed, "lease": lease}
        if run(self._connection, _MOVE, values) == 0:
            raise _lost(cursor)
        return Cursor(name=cursor.name, position=position, epoch=cursor.epoch)

    def attempt(self, cursor: Cursor, event: Event) -> int:
        """Count an attempt at `event` and return how many there were."""
        row = one(self._connection, _ATTEMPT, {**_of(cursor), "event": event.id})
        if row is None:
            raise _lost(cursor)
        attempts: int = row[0]
        return attempts

    def park(self, cursor: Cursor, parked: ParkedEvent) -> None:
        """Keep an event aside. Parking it again changes nothing."""
        if one(self._connection, _HOLD, _of(cursor)) is None:
            raise _lost(cursor)
        values = {
            "subscription": parked.subscription,
            "id": parked.id,
            "position": parked.position,
            "topic": parked.topic,
            "attempts": parked.attempts,
            "error": parked.error,
            "at": parked.parked_at,
        }
        run(self._connection, _PARK, values)

    def release(self, cursor: Cursor) -> None:
        """Let another process take the subscription at once. A fenced cursor changes nothing."""
        run(self._connection, _RELEASE, _of(cursor))

    def rewind(self, name: str, position: int) -> None:
        """Deliver again from after `position`, or skip to it, whoever holds the subscription. Raises NotFoundError."""
        if run(self._connection, _REWIND, {"name": name, "position": position}) == 0:
            raise NotFoundError(f"no subscription {name[:80]!r}; `grace events subscriptions` lists all")

    def standings(self) -> Sequence[SubscriptionStatus]:
        """Return all subscriptions, by name."""
        return [_standing(row) for row in many(self._connection, _STANDINGS, {})]

    def parked(self, *, limit: int = 100) -> Sequence[ParkedEvent]:
        """Return the parked events, newest first."""
        return [_parked(row) for row in many(self._connection, _PARKED, {"limit": limit})]


def _of(cursor: Cursor) -> Mapping[str, Any]:
    return {"name": cursor.name, "epoch": cursor.epoch, "from": cursor.position}


def _lost(cursor: Cursor) -> CursorLostError:
    return CursorLostError(
        f"the cursor of subscription {cursor.name!r} (epoch {cursor.epoch}, position {cursor.position}) "
        "belongs to another process now"
    )


def _standing(row: Sequence[Any]) -> SubscriptionStatus:
    name, position, lag, holder, attempts, missed, updated_at = row
    return SubscriptionStatus(
        name=name,
        position=position,
        lag=lag,
        holder=holder,
        attempts=attempts,
        missed=missed,
        updated_at=updated_at,
    )


def _parked(row: Sequence[Any]) -> ParkedEvent:
    subscription, id_, position, topic, attempts, error, parked_at = row
    return ParkedEvent(
        subscription=subscription,
        id=EventId(id_),
        position=position,
        topic=topic,
        attempts=attempts,
        error=error,
        parked_at=parked_at,
    )


def _make(tx: PostgresTransaction) -> PostgresCursorStore:
    return PostgresCursorStore(tx.connection)


DEFINITION = implements(CursorStore)(_make)
