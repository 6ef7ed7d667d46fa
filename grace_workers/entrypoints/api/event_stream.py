"""The stream of events: server-sent events, a bounded number of them per process.

A stream occupies one of the server's threads while it reads events, so their number is limited, in total and per
person, however many tokens the person has. A stream ends after some minutes, so that a token that was revoked meanwhile
cannot keep reading. A client that reads nothing for a while is disconnected, because it blocks a slot; it can reconnect
with the last id that it saw.
"""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, Self

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.entrypoints.api.views.event import EventView
from grace_workers.foundation.errors import TransientError
from grace_workers.orchestration.events.topic import Event, TrimmedError
from grace_workers.orchestration.stores import LineLedger

MOST_STREAMS = 16
MOST_OF_ONE = 4
_LOOK_EVERY = 0.2
_BEAT_EVERY = 5.0
_LONGEST = 300.0
_PAGE = 200
_TAKEN_WITHIN = 15.0

log = structlog.get_logger()


class _TooSlowError(Exception):
    """The client has read nothing for too long."""


class Streams:
    """Counts the open streams of this process. A client has `patience` seconds to read what it is sent."""

    def __init__(
        self, most: int = MOST_STREAMS, *, most_of_one: int = MOST_OF_ONE, patience: float = _TAKEN_WITHIN
    ) -> None:
        self.patience = patience
        self._most, self._most_of_one = most, most_of_one
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, person: str) -> None:
        """Take a slot for `person`. Raises Refusal when none is free or the person has reached the limit."""
        with self._lock:
            if self._open[person] >= self._most_of_one:
                detail = f"{person} has {self._most_of_one} open streams here, which is the limit for one person"
                raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, f"{detail}; close one", {"Retry-After": "5"})
            if self._open.total() >= self._most:
                detail = f"{self._most} streams are open here, which is the limit; close one, or read pages instead"
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})
            self._open[person] += 1

    def leave(self, person: str) -> None:
        """Release the slot."""
        with self._lock:
            self._open -= Counter([person])


class StreamReading(Protocol):
    """What a stream sends."""

    def lines(self) -> Iterator[str]:
        """Yield the stream's text; an empty one lets the server notice that the client is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamQuery:
    """What a stream reads: events of some topics after a position."""

    ledger: LineLedger
    after: int
    topics: Sequence[str]

    def lines(self) -> Iterator[str]:
        """Yield the stream's text until it has been open long enough or the database is unreachable."""
        position, began = self.after, time.monotonic()
        spoke = began
        yield "retry: 1000\n\n"
        while time.monotonic() - began < _LONGEST:
            try:
                with self.ledger.reading() as tx:
                    page = tx.events.read(after=position, topics=self.topics, limit=_PAGE)
            except TrimmedError as trimmed:
                position = trimmed.trimmed
                yield _missed(trimmed)
                continue
            except TransientError:
                # The client reconnects with the last id it saw.
                return
            position = page.upto
            if page.events:
                yield "".join(map(_told, page.events))
                spoke = time.monotonic()
            elif time.monotonic() - spoke >= _BEAT_EVERY:
                # A block without data is not an event, but its id becomes the position from which to continue.
                yield f": beat\nid: {position}\n\n"
                spoke = time.monotonic()
            else:
                # Nothing is sent, but the server gets a moment to notice that the client is gone, or that it must stop.
                yield ""
            if len(page.events) < _PAGE:
                time.sleep(_LOOK_EVERY)


class EventStream(StreamingResponse):
    """The response. It holds a stream's slot until the last byte is sent, or the client has disconnected or hangs."""

    media_type = "text/event-stream"
    _streams: Streams
    _person: str

    @classmethod
    def of(cls, reading: StreamReading, streams: Streams, person: str) -> Self:
        """Return the response that sends `reading` to `person`. Raises Refusal when too many streams are open."""
        streams.enter(person)
        made = cls(reading.lines(), headers={"X-Accel-Buffering": "no"})
        made._streams, made._person = streams, person
        return made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(self._streams.patience):
                    await send(message)
            except TimeoutError as error:
                raise _TooSlowError from error

        try:
            await super().__call__(scope, receive, send_in_time)
        except _TooSlowError:
            log.info("stream_client_too_slow", seconds=self._streams.patience)
        finally:
            self._streams.leave(self._person)


def _told(event: Event) -> str:
    data = json.dumps(EventView.of(event).model_dump(mode="json"))
    return f"id: {event.position}\nevent: {event.topic}\ndata: {data}\n\n"


def _missed(trimmed: TrimmedError) -> str:
    data = json.dumps({"after": trimmed.after, "upto": trimmed.trimmed})
    return f"id: {trimmed.trimmed}\nevent: missed\ndata: {data}\n\n"
