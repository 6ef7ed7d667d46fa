"""Subscriptions of programs outside: a group pulls events in order, and acknowledges each once it is done with it.

One process of a group gets the events at a time. What it has not acknowledged when its hold ends comes again, to it or
to another process of the group. An event that comes again too often is parked, so that it cannot stop the group.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.events.mesh import LEASE, Cursor, StartPosition, topic_at
from grace_workers.orchestration.events.subscriptions import miss, park
from grace_workers.orchestration.events.topic import Event, TrimmedError
from grace_workers.orchestration.stores import LineTransaction

MOST_ATTEMPTS = 8
GROUP = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_UNSAID = f"it was delivered {MOST_ATTEMPTS} times and never acknowledged"

Hold = Annotated[
    timedelta,
    Field(ge=timedelta(seconds=1), le=timedelta(hours=1), description="seconds that one event may take"),
]


class Pull(Document):
    """What a process of a group asks for. `holder` tells it from the group's other processes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"topics": ["incident.moved"], "holder": "mailer-1"}]})

    topics: tuple[str, ...] = Field(min_length=1, max_length=100)
    holder: str = Field(min_length=1, max_length=200)
    start: StartPosition = Field(default=StartPosition.NEWEST, description="where a new group begins")
    limit: int = Field(default=100, strict=True, ge=1, le=500)
    hold: Hold = LEASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """The next events. Without a cursor another process of the group gets them now."""

    cursor: Cursor | None
    events: Sequence[Event] = ()


def checked(group: str) -> str:
    """Return the name of a group. Raises InputError when it cannot be one."""
    if re.fullmatch(GROUP, group) is None:
        raise InputError(f"group {group[:80]!r} must consist of at most 63 letters, digits, `.`, `_` and `-`")
    return group


def pull(tx: LineTransaction, now: datetime, group: str, asked: Pull) -> Pulled:
    """Hold the group's cursor and return the events behind it, oldest first.

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
        return Pulled(cursor=miss(tx, now, cursor, trimmed))
    if not page.events:
        return Pulled(cursor=acknowledge(tx, cursor, page.upto, hold=asked.hold))
    # A crash leaves no trace of the attempt that it ended, so each is counted before it begins.
    if tx.cursors.attempt(cursor, page.events[0]) > MOST_ATTEMPTS:
        return Pulled(cursor=park(tx, now, cursor, page.events[0], attempts=MOST_ATTEMPTS, error=_UNSAID))
    return Pulled(cursor=cursor, events=page.events)


def acknowledge(tx: LineTransaction, cursor: Cursor, upto: int, *, hold: timedelta = LEASE) -> Cursor:
    """Pass everything up to a position, and hold the cursor for longer.

    Raises:
        CursorLostError: another process holds it by now, or it was rewound; what was not acknowledged comes again.
    """
    return cursor if upto <= cursor.position else tx.cursors.move(cursor, upto, lease=hold)
