"""Durable subscriptions: each event of some topics, in order, at least once, to one process at a time.

What `act` writes through its transaction commits together with the cursor, so it happens once. What it does outside
may be done again after a crash, with the same event id to know it by. An event that fails too often is parked, and
told in the audit log; the subscription goes on behind it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from grace_workers.audit import Entry
from grace_workers.foundation.backoff import backoff
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.redaction import redacted
from grace_workers.orchestration.events.mesh import LEASE, Cursor, CursorLostError, ParkedEvent, StartPosition
from grace_workers.orchestration.events.topic import Event, Topic, TrimmedError
from grace_workers.orchestration.stores import LineLedger, LineTransaction

log = structlog.get_logger()

_POLL = 0.1
_RENEW_AFTER = LEASE / 3
_FIRST_WAIT, _LONGEST_WAIT = timedelta(milliseconds=500), timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What to do with each event of some topics. `name` is the durable one; a new name begins at `start`.

    After `attempts` failures an event is parked: with eight, about a minute after the first. `act` must be done within
    15 seconds, for its transaction is open meanwhile.
    """

    name: str
    topics: tuple[Topic[Any], ...]
    act: Callable[[LineTransaction, Event], None]
    start: StartPosition = StartPosition.NEWEST
    attempts: int = 8


def rewind(tx: LineTransaction, clock: Clock, name: str, after: int, *, by: str, reason: str) -> None:
    """Let a subscription go on after a position, backwards or forwards; what lies behind it is delivered again.

    Raises:
        InputError: the position is ahead of the log.
        TrimmedError: what follows the position is no longer kept in full.
        NotFoundError: there is no such subscription.
    """
    newest = tx.events.newest(limit=1).upto
    if after > newest:
        raise InputError(f"position {after} is ahead of the log; its newest event is {newest}")
    tx.events.read(after=after, limit=1)
    tx.cursors.rewind(name, after)
    data: dict[str, JsonValue] = {"after": after, "reason": reason}
    tx.audit.append(Entry(at=clock.now(), actor=by, action="event.rewound", subject=f"subscription:{name}", data=data))


def park(tx: LineTransaction, now: datetime, cursor: Cursor, event: Event, *, attempts: int, error: str) -> Cursor:
    """Set aside an event that failed too often, tell it in the audit log, and return the cursor behind it."""
    parked = ParkedEvent(
        subscription=cursor.name,
        id=event.id,
        position=event.position,
        topic=event.topic,
        attempts=attempts,
        error=error,
        parked_at=now,
    )
    tx.cursors.park(cursor, parked)
    data: dict[str, JsonValue] = {"event_id": str(event.id), "topic": event.topic, "position": event.position}
    _tell(tx, now, cursor, "event.parked", {**data, "attempts": attempts, "error": error})
    return tx.cursors.move(cursor, event.position)


def miss(tx: LineTransaction, now: datetime, cursor: Cursor, trimmed: TrimmedError) -> Cursor:
    """Pass events that are no longer kept, tell it in the audit log, and return the cursor behind them."""
    _tell(tx, now, cursor, "event.missed", {"after": trimmed.after, "upto": trimmed.trimmed})
    return tx.cursors.move(cursor, trimmed.trimmed, missed=trimmed.trimmed - trimmed.after)


def _tell(tx: LineTransaction, now: datetime, cursor: Cursor, action: str, data: dict[str, JsonValue]) -> None:
    subject = f"subscription:{cursor.name}"
    log.error(action.replace(".", "_"), subscription=cursor.name, **data)
    tx.audit.append(Entry(at=now, actor="grace", action=action, subject=subject, outcome="failed", data=data))


class Subscriber:
    """Delivers one subscription's events in this process. Any number of processes may run it; one delivers."""

    def __init__(self, ledger: LineLedger, clock: Clock, subscription: Subscription, *, holder: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._subscription = subscription
        self._addresses = [topic.address for topic in subscription.topics]
        self._holder = f"{holder}:{uuid4().hex[:8]}"
        self._cursor: Cursor | None = None
        self._renewed = 0.0
        # A crash leaves no trace of the attempt that it ended, so after a start attempts are counted before they begin.
        self._wary = True
        self._failures = 0
        self._last_error = "each attempt killed its process"

    def deliver_once(self, *, most: int = 100) -> int:
        """Deliver up to `most` events and return how many were passed; 0 while another process delivers.

        An event that fails ends the turn; `wait` says how long to leave it alone.

        Raises:
            TransientError: the database cannot be reached.
        """
        try:
            return self._turn(most)
        except CursorLostError as error:
            log.info("subscription_lost", subscription=self._subscription.name, why=str(error))
            self._cursor, self._wary, self._failures = None, True, 0
            return 0

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; then let another process go on at once."""
        while not stop.is_set():
            try:
                passed = self.deliver_once()
            except TransientError as error:
                log.warning("subscription_waits", subscription=self._subscription.name, error=str(error))
                stop.wait(_FIRST_WAIT.total_seconds())
                continue
            if self._failures or not passed:
                stop.wait(self.wait().total_seconds())
        self.release()

    def wait(self) -> timedelta:
        """Return how long to wait before the next turn: longer with every failure of the event that is next."""
        if not self._failures:
            return timedelta(seconds=_POLL)
        return backoff(self._failures, base=_FIRST_WAIT, cap=_LONGEST_WAIT)

    def release(self) -> None:
        """Let another process take the subscription at once, rather than when the lease has run out."""
        cursor, self._cursor = self._cursor, None
        if cursor is None:
            return
        try:
            with self._ledger.transaction() as tx:
                tx.cursors.release(cursor)
        except TransientError:
            log.info("subscription_left_to_its_lease", subscription=self._subscription.name)

    def _turn(self, most: int) -> int:
        events = self._next(most)
        for passed, event in enumerate(events):
            if not self._deliver(event):
                return passed
        return len(events)

    def _next(self, most: int) -> Sequence[Event]:
        events: Sequence[Event] = ()
        with self._ledger.transaction() as tx:
            cursor = self._cursor or self._take(tx)
            if cursor is None:
                return ()
            try:
                page = tx.events.read(after=cursor.position, topics=self._addresses, limit=most)
            except TrimmedError as trimmed:
                cursor = miss(tx, self._clock.now(), cursor, trimmed)
            else:
                events = page.events
                if not events and self._clock.monotonic() - self._renewed >= _RENEW_AFTER.total_seconds():
                    cursor = tx.cursors.move(cursor, page.upto)
                    self._renewed = self._clock.monotonic()
        self._cursor = cursor
        return events

    def _take(self, tx: LineTransaction) -> Cursor | None:
        self._renewed = self._clock.monotonic()
        return tx.cursors.take(self._subscription.name, self._holder, start=self._subscription.start)

    def _deliver(self, event: Event) -> bool:
        cursor = self._mine()
        if self._wary and self._given_up(cursor, event):
            return True
        try:
            with self._ledger.transaction() as tx:
                moved = tx.cursors.move(cursor, event.position)
                self._subscription.act(tx, event)
        except CursorLostError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a subscriber's act raises must not end the subscription
            self._stumble(cursor, event, error)
            return False
        self._cursor, self._wary, self._failures = moved, False, 0
        self._renewed = self._clock.monotonic()
        return True

    def _given_up(self, cursor: Cursor, event: Event) -> bool:
        """Count an attempt at the event; when there were too many, park it, pass it, and return True."""
        with self._ledger.transaction() as tx:
            attempts = tx.cursors.attempt(cursor, event)
            if attempts <= self._subscription.attempts:
                return False
            moved = park(tx, self._clock.now(), cursor, event, attempts=attempts - 1, error=self._last_error)
        self._cursor, self._wary, self._failures = moved, False, 0
        return True

    def _mine(self) -> Cursor:
        if self._cursor is None:
            raise CursorLostError(f"subscription {self._subscription.name!r} is not held here")
        return self._cursor

    def _stumble(self, cursor: Cursor, event: Event, error: Exception) -> None:
        self._failures += 1
        self._last_error = redacted(f"{type(error).__name__}: {error}")
        log.warning(
            "event_failed",
            subscription=self._subscription.name,
            event_id=str(event.id),
            topic=event.topic,
            failures=self._failures,
            error=self._last_error,
        )
        if not self._wary:
            with self._ledger.transaction() as tx:
                tx.cursors.attempt(cursor, event)
            self._wary = True
