"""`events_of`: a group's events, one by one, for as long as the caller's loop runs."""

import os
import platform
import time
from collections.abc import Generator
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from grace_workers.foundation.backoff import backoff, jittered
from grace_workers.foundation.errors import ConflictError, GraceError, TransientError

if TYPE_CHECKING:
    from grace_workers.orchestration.events.mesh import Cursor
    from grace_workers.orchestration.events.topic import Event
    from grace_workers.orchestration.subscriptions import Pull, Pulled

_SOON, _LATEST = timedelta(milliseconds=200), timedelta(seconds=1)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(milliseconds=500), timedelta(seconds=15)


class Events(Protocol):
    """What a subscription asks the fleet."""

    def pull(self, group: str, asked: "Pull") -> "Pulled":
        """Hold the group, and return its next events."""
        ...

    def acknowledge(self, cursor: "Cursor", upto: int, hold: timedelta) -> "Cursor":
        """Acknowledge the events up to a position. Raises ConflictError once another process holds the group."""
        ...

    def release(self, cursor: "Cursor") -> None:
        """Release the group to another process at once."""
        ...


def holder() -> str:
    """Return a name that distinguishes this subscription from every other, wherever it runs."""
    return f"{platform.node()}:{os.getpid()}:{uuid4().hex[:8]}"


def events_of(fleet: Events, group: str, asked: "Pull", idle: timedelta | None) -> Generator["Event", None, None]:
    """Yield the group's events. Asking for the next one acknowledges the one before.

    It waits while there is none, while another process of the group gets them, and while the fleet is unreachable;
    with `idle` it ends once no event has come for that long.
    """
    cursor: Cursor | None = None
    rest = _Rest(idle)
    try:
        while not rest.over():
            try:
                pulled = fleet.pull(group, asked)
            except TransientError as error:
                rest.after(error)
                continue
            cursor = pulled.cursor
            for event in pulled.events:
                yield event
                cursor = _acknowledged(fleet, cursor, event.position, asked.hold)
                rest.begin()
                if cursor is None:
                    break
            else:
                rest.look_again(found=bool(pulled.events))
    finally:
        if cursor is not None:
            with suppress(GraceError):
                fleet.release(cursor)


def _acknowledged(fleet: Events, cursor: "Cursor | None", upto: int, hold: timedelta) -> "Cursor | None":
    """Return the cursor after the event; None when another process holds the group, which then gets the event too."""
    failures = 0
    while cursor is not None:
        try:
            return fleet.acknowledge(cursor, upto, hold)
        except ConflictError:
            return None
        except TransientError as error:
            failures += 1
            time.sleep(_wait(failures, error).total_seconds())
    return None


class _Rest:
    """When to look again, and when to stop looking."""

    def __init__(self, idle: timedelta | None) -> None:
        self._idle = idle
        self._looks = self._failures = 0
        self._since = time.monotonic()

    def begin(self) -> None:
        """An event has come."""
        self._looks = self._failures = 0
        self._since = time.monotonic()

    def over(self) -> bool:
        return self._idle is not None and time.monotonic() - self._since > self._idle.total_seconds()

    def look_again(self, *, found: bool) -> None:
        """Wait before the next look, unless there may be more."""
        self._failures = 0
        if not found:
            self._looks += 1
            time.sleep(backoff(self._looks, base=_SOON, cap=_LATEST).total_seconds())

    def after(self, error: TransientError) -> None:
        self._failures += 1
        time.sleep(_wait(self._failures, error).total_seconds())


def _wait(failures: int, error: TransientError) -> timedelta:
    return error.retry_after or jittered(backoff(failures, base=_FIRST_WAIT, cap=_LONGEST_WAIT))
