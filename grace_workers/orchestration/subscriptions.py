"""Durable subscriptions: a group pulls the events of some topics in order and acknowledges each after processing it.

One process of a group gets the events at a time. What it has not acknowledged when its hold ends is delivered again, to
it or to another process of the group. An event that is delivered too often is parked, so that it cannot stop the group.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import structlog
from pydantic import ConfigDict, Field

from grace_workers.audit import Entry
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.events.mesh import LEASE, Cursor, ParkedEvent, StartPosition, topic_at
from grace_workers.orchestration.events.topic import Event, TrimmedError
from grace_workers.orchestration.stores import LineTransaction

log = structlog.get_logger()

MOST_ATTEMPTS = 8
GROUP = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_UNSAID = f"it was delivered {MOST_ATTEMPTS} times and never acknowledged"

Hold = Annotated[
    timedelta,
    Field(ge=timedelta(seconds=1), le=timedelta(hours=1), description="seconds that one event may take"),
]


class Pull(Document):
    """What a process of a group asks for. `holder` distinguishes it from the group's other processes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topics": ["incident.moved"], "holder": "mailer-1"}]})

    topics: tuple[str, ...] = Field(min_length=1, max_length=100)
    holder: str = Field(min_length=1, max_length=200)
    start: StartPosition = Field(default=StartPosition.NEWEST, description="where a new group begins")
    limit: int = Field(default=100, strict=True, ge=1, le=500)
    hold: Hold = LEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """The next events. Without a cursor, another process of the group is reading them."""

    cursor: Cursor | None
    events: Sequence[Event] = ()


def checked(group: str) -> str:
    """Return the name of a group. Raises InputError if it is not a valid name."""
    if re.fullmatch(GROUP, group) is None:
        raise InputError(f"group {group[:80]!r} must consist of at most 63 letters, digits, `.`, `_` and `-`")
    return group


def pull(tx: LineTransaction, now: datetime, group: str, asked: Pull) -> Pulled:
    """Take the group's cursor and return the events after it, oldest first.

    Raises:
        InputError: there is no such topic.
    """
    addresses = [topic_at(one).address for one in asked.topics]
    cursor = tx.cursors.take(group, asked.holder, start=asked.start, lease=asked.hold)
    if cursor is None:
        return Pulled(cursor=None)
    try:
        page = tx.events.read(after=cursor.position, topics=addresses, limit=asked.limit)
    except TrimmedError as trimmed:
        return Pulled(cursor=_miss(tx, now, cursor, trimmed))
    if not page.events:
        return Pulled(cursor=acknowledge(tx, cursor, page.upto, hold=asked.hold))
    # A crash leaves no trace of the attempt that it ended, so each attempt is counted before it begins.
    if tx.cursors.attempt(cursor, page.events[0]) > MOST_ATTEMPTS:
        return Pulled(cursor=_park(tx, now, cursor, page.events[0]))
    return Pulled(cursor=cursor, events=page.events)


def acknowledge(tx: LineTransaction, cursor: Cursor, upto: int, *, hold: timedelta = LEASE) -> Cursor:
    """Acknowledge everything up to a position, and extend the hold.

    Raises:
        CursorLostError: another process now holds the cursor, or it was rewound; unacknowledged events come again.
    """
    return cursor if upto <= cursor.position else tx.cursors.move(cursor, upto, lease=hold)


def rewind(tx: LineTransaction, now: datetime, name: str, after: int, *, by: str, reason: str) -> None:
    """Move a group to a position, backwards or forwards; the events after it are delivered next.

    Raises:
        InputError: the position is ahead of the log.
        TrimmedError: some of the events after the position have been deleted.
        NotFoundError: there is no such group.
    """
    newest = tx.events.newest(limit=1).upto
    if after > newest:
        raise InputError(f"position {after} is ahead of the log; its newest event is {newest}")
    tx.events.read(after=after, limit=1)
    tx.cursors.rewind(name, after)
    data: dict[str, JsonValue] = {"after": after, "reason": reason}
    tx.audit.append(Entry(at=now, actor=by, action="event.rewound", subject=f"subscription:{name}", data=data))


def _park(tx: LineTransaction, now: datetime, cursor: Cursor, event: Event) -> Cursor:
    """Park an event that was delivered too often, audit it, and return the cursor after it."""
    parked = ParkedEvent(
        subscription=cursor.name,
        id=event.id,
        position=event.position,
        topic=event.topic,
        attempts=MOST_ATTEMPTS,
        error=_UNSAID,
        parked_at=now,
    )
    tx.cursors.park(cursor, parked)
    data: dict[str, JsonValue] = {"event_id": str(event.id), "topic": event.topic, "position": event.position}
    _tell(tx, now, cursor, "event.parked", {**data, "attempts": MOST_ATTEMPTS, "error": _UNSAID})
    return tx.cursors.move(cursor, event.position)


def _miss(tx: LineTransaction, now: datetime, cursor: Cursor, trimmed: TrimmedError) -> Cursor:
    """Skip events that have been deleted, audit it, and return the cursor after them."""
    _tell(tx, now, cursor, "event.missed", {"after": trimmed.after, "upto": trimmed.trimmed})
    return tx.cursors.move(cursor, trimmed.trimmed, missed=trimmed.trimmed - trimmed.after)


def _tell(tx: LineTransaction, now: datetime, cursor: Cursor, action: str, data: dict[str, JsonValue]) -> None:
    subject = f"subscription:{cursor.name}"
    log.error(action.replace(".", "_"), subscription=cursor.name, **data)
    tx.audit.append(Entry(at=now, actor="grace", action=action, subject=subject, outcome="failed", data=data))
