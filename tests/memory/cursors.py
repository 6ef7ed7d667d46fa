"""The positions of subscriptions to events, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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
from tests.memory.transaction import MemoryTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    position: int
    epoch: int
    holder: str | None
    held_until: datetime
    updated_at: datetime
    failing: EventId | None = None
    attempts: int = 0
    missed: int = 0


class MemoryCursorStore(CursorStore):
    """Implements `mesh.CursorStore` inside one transaction of the memory ledger."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._rows: dict[str, _Row] = tx.table("event_cursors")
        self._parked: dict[tuple[str, EventId], ParkedEvent] = tx.table("event_parked")
        self._head: dict[str, int] = tx.table("event_head")
        self._clock = tx.clock

    def take(
        self, name: str, holder: str, *, start: StartPosition = StartPosition.NEWEST, lease: timedelta = LEASE
    ) -> Cursor | None:
        now = self._clock.now()
        row = self._rows.get(name)
        if row is None:
            position = self._head.get("newest" if start is StartPosition.NEWEST else "trimmed", 0)
            row = _Row(name=name, position=position, epoch=1, holder=holder, held_until=now, updated_at=now)
        elif row.holder not in {None, holder} and row.held_until >= now:
            return None
        epoch = row.epoch + (row.holder != holder)
        self._rows[name] = replace(row, epoch=epoch, holder=holder, held_until=now + lease)
        return Cursor(name=name, position=row.position, epoch=epoch)

    def move(self, cursor: Cursor, position: int, *, missed: int = 0, lease: timedelta = LEASE) -> Cursor:
        row, now = self._mine(cursor), self._clock.now()
        self._rows[cursor.name] = replace(
            row,
            position=position,
            failing=None,
            attempts=0,
            missed=row.missed + missed,
            held_until=now + lease,
            updated_at=now,
        )
        return replace(cursor, position=position)

    def attempt(self, cursor: Cursor, event: Event) -> int:
        row = self._mine(cursor)
        attempts = row.attempts + 1 if row.failing == event.id else 1
        self._rows[cursor.name] = replace(row, failing=event.id, attempts=attempts)
        return attempts

    def park(self, cursor: Cursor, parked: ParkedEvent) -> None:
        self._mine(cursor)
        self._parked.setdefault((parked.subscription, parked.id), parked)

    def release(self, cursor: Cursor) -> None:
        row = self._rows.get(cursor.name)
        if row is not None and row.epoch == cursor.epoch:
            self._rows[cursor.name] = replace(row, holder=None)

    def rewind(self, name: str, position: int) -> None:
        row = self._rows.get(name)
        if row is None:
            raise NotFoundError(f"no subscription {name[:80]!r}; `grace events subscriptions` lists all")
        now = self._clock.now()
        fresh = replace(row, position=position, epoch=row.epoch + 1, failing=None, attempts=0, updated_at=now)
        self._rows[name] = fresh

    def standings(self) -> Sequence[SubscriptionStatus]:
        now, newest = self._clock.now(), self._head.get("newest", 0)
        return [
            SubscriptionStatus(
                name=row.name,
                position=row.position,
                lag=max(newest - row.position, 0),
                holder=row.holder if row.held_until > now else None,
                attempts=row.attempts,
                missed=row.missed,
                updated_at=row.updated_at,
            )
            for row in sorted(self._rows.values(), key=lambda row: row.name)
        ]

    def parked(self, *, limit: int = 100) -> Sequence[ParkedEvent]:
        found = sorted(self._parked.values(), key=lambda one: (one.parked_at, one.position), reverse=True)
        return found[:limit]

    def _mine(self, cursor: Cursor) -> _Row:
        row = self._rows.get(cursor.name)
        if row is None or (row.epoch, row.position) != (cursor.epoch, cursor.position):
            raise CursorLostError(
                f"the cursor of subscription {cursor.name!r} (epoch {cursor.epoch}, position {cursor.position}) "
                "belongs to another process now"
            )
        return row


DEFINITION = implements(CursorStore)(MemoryCursorStore)
