"""Tells open pages that something changed: one reader of the API's event stream serves all of them.

A page receives topics, never contents; it then reloads itself with its own token. The reader runs only while a page is
open, and uses one of the API's streams, however many pages there are.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog

from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi

log = structlog.get_logger()

BEAT_SECONDS = 15.0
MOST_OPEN = 400
MOST_OF_ONE = 32
_LONGEST = 1800.0
_LAST_WAIT = 30.0
_DIGITS = 18
_EVENTS = "/api/v1/events/stream"


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. Pending changes are merged, so a slow page costs no memory."""

    api: InsideApi
    position: int = 0
    topics: set[str] = field(default_factory=set)
    ended: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, position: int, topic: str) -> None:
        """Note a change for the next message to the page."""
        self.position = position
        self.topics.add(topic)
        self.woken.set()

    def end(self) -> None:
        """Tell the page that its session has ended."""
        self.ended = True
        self.woken.set()


class LiveFeed:
    """The open pages, and what they are told."""

    def __init__(self, *, beat: float = BEAT_SECONDS) -> None:
        self.position: int | None = None
        self._begun = False
        self._beat = beat
        self._listeners: set[Listener] = set()
        self._reader: asyncio.Task[None] | None = None
        self._checker: asyncio.Task[None] | None = None

    def refuse_when_full(self, token: str | None) -> None:
        """Raise ApiRefusal 503 when too many pages are open, of one session or in all."""
        mine = sum(one.api.token == token for one in self._listeners)
        if mine >= MOST_OF_ONE or len(self._listeners) >= MOST_OPEN:
            detail = "too many pages are open; this one is not updated until you close another"
            raise ApiRefusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, "30")

    async def messages(self, api: InsideApi, after: str | None) -> AsyncIterator[str]:
        """Yield the messages for one page, until its session ends or the time limit of a stream is reached."""
        with self._listening(api) as listener:
            began = time.monotonic()
            yield "retry: 2000\n\n"
            if self._has_missed(after):
                listener.tell(self.position or 0, "*")
            while time.monotonic() - began < _LONGEST:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._beat):
                        await listener.woken.wait()
                listener.woken.clear()
                if listener.ended:
                    yield "event: signed-out\ndata: {}\n\n"
                    return
                yield self._told(listener)

    @contextmanager
    def _listening(self, api: InsideApi) -> Iterator[Listener]:
        listener = Listener(api)
        self._listeners.add(listener)
        self._reader = _running(self._reader) or asyncio.create_task(self._read())
        self._checker = _running(self._checker) or asyncio.create_task(self._check())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._stop()

    def _stop(self) -> None:
        for task in (self._reader, self._checker):
            if task is not None:
                task.cancel()
        self._reader = self._checker = None
        self.position, self._begun = None, False

    def _has_missed(self, after: str | None) -> bool:
        """Return whether something may have happened since the page was rendered that the reader will not report."""
        if not self._begun:
            return False
        if after is None or not after.isascii() or not after.isdecimal() or len(after) > _DIGITS:
            return True
        return self.position is None or int(after) != self.position

    def _told(self, listener: Listener) -> str:
        if not listener.topics:
            return f": beat\nid: {self.position or 0}\n\n"
        topics, listener.topics = sorted(listener.topics), set()
        return f"id: {listener.position}\nevent: change\ndata: {json.dumps({'topics': topics})}\n\n"

    async def _read(self) -> None:
        """Read the API's events with one of the open sessions; after a failure, retry with another, with backoff."""
        wait = 1.0
        for turn in range(10**9):
            listeners = sorted(self._listeners, key=id)
            if not listeners:
                return
            api = listeners[turn % len(listeners)].api
            try:
                async for line in api.lines(_EVENTS, after=self.position):
                    self._heed(line)
                    wait = 1.0
            except ApiRefusal as refusal:
                if refusal.status == HTTPStatus.UNAUTHORIZED:
                    self._end(api.token)
                elif refusal.status in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
                    self.position = None
                log.info("dashboard_feed_waits", reason=str(refusal), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(_LAST_WAIT, 2 * wait)
            self._begun = False

    def _heed(self, line: str) -> None:
        if not self._begun:
            # The stream does not report earlier events, so pages rendered before it began are refreshed.
            self._begun = True
            self._tell_all("*")
        field_name, _, value = line.partition(": ")
        if field_name == "id":
            self.position = int(value)
        elif field_name == "event":
            self._tell_all(value)

    def _tell_all(self, topic: str) -> None:
        for listener in self._listeners:
            listener.tell(self.position or 0, topic)

    def _end(self, token: str | None) -> None:
        for listener in self._listeners:
            if listener.api.token == token:
                listener.end()

    async def _check(self) -> None:
        """Check periodically whether the tokens of open pages are still valid."""
        while True:
            await asyncio.sleep(self._beat)
            for api in {one.api.token: one.api for one in self._listeners}.values():
                try:
                    await api.get("/api/v1/me")
                except ApiRefusal as refusal:
                    if refusal.status == HTTPStatus.UNAUTHORIZED:
                        self._end(api.token)


def _running(task: asyncio.Task[None] | None) -> asyncio.Task[None] | None:
    return None if task is None or task.done() else task
