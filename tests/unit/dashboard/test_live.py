"""What tells open pages of changes: one reader for all, sessions that end, and a bound on the number of pages."""

import asyncio
import json
from contextlib import aclosing

import pytest

from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi
from grace_workers.entrypoints.dashboard.live import MOST_OF_ONE, LiveFeed

WITHIN = 10


class Api:
    """An API with a stream of events and tokens in force. It is an ASGI application, as the real one is."""

    def __init__(self):
        self.events = asyncio.Queue()
        self.valid = {"one", "two"}
        self.streams = 0

    async def __call__(self, scope, receive, send):
        await receive()
        token = dict(scope["headers"])[b"authorization"].decode().removeprefix("Bearer ")
        if token not in self.valid:
            await self.answer(send, 401, json.dumps({"detail": "unknown"}).encode())
        elif scope["path"] == "/api/v1/me":
            await self.answer(send, 200, b"{}")
        else:
            self.streams += 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
            while True:
                text = await self.events.get()
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

    async def answer(self, send, status, body):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def publish(self, position, topic):
        await self.events.put(f"id: {position}\nevent: {topic}\ndata: {{}}\n\n")


def run(scenario):
    async def bounded():
        async with asyncio.timeout(WITHIN):
            await scenario(Api())

    asyncio.run(bounded())


def inside(api, token="one"):
    return InsideApi(api, token, None)


async def until(messages, wanted):
    async for message in messages:
        if wanted in message:
            return message
    raise AssertionError(f"the stream ended without {wanted!r}")


def test_one_reader_serves_all_pages_and_stops_with_the_last():
    async def scenario(api):
        feed = LiveFeed()
        ones, twos = feed.messages(inside(api), "0"), feed.messages(inside(api, "two"), "0")
        async with aclosing(ones) as first, aclosing(twos) as second:
            for page in (first, second):
                await until(page, "*")
            await api.publish(7, "incident.moved")
            for page in (first, second):
                message = await until(page, "incident.moved")
                assert message.startswith("id: 7\nevent: change\n")
            assert api.streams == 1
            assert feed.position == 7
        assert feed.position is None

    run(scenario)


def test_a_current_page_receives_nothing_until_something_happens():
    async def scenario(api):
        feed = LiveFeed(beat=0.05)
        async with aclosing(feed.messages(inside(api), None)) as first:
            await until(first, "*")
            await api.publish(3, "job.ended")
            await until(first, "job.ended")
            async with aclosing(feed.messages(inside(api), "3")) as second:
                assert [await anext(second), await anext(second)] == ["retry: 2000\n\n", ": beat\nid: 3\n\n"]
            async with aclosing(feed.messages(inside(api), "2")) as late:
                assert "*" in await until(late, "change")

    run(scenario)


def test_a_slow_page_gets_one_message_for_many_changes():
    async def scenario(api):
        feed = LiveFeed()
        async with (
            aclosing(feed.messages(inside(api), None)) as slow,
            aclosing(feed.messages(inside(api), "0")) as quick,
        ):
            await until(slow, "*")
            for position in range(1, 500):
                await api.publish(position, f"topic.{position % 3}")
            while feed.position != 499:
                await anext(quick)
            message = await anext(slow)
            assert json.loads(message.partition("data: ")[2])["topics"] == ["topic.0", "topic.1", "topic.2"]

    run(scenario)


def test_a_page_whose_token_is_revoked_is_notified_and_its_stream_ends():
    async def scenario(api):
        feed = LiveFeed(beat=0.05)
        async with aclosing(feed.messages(inside(api), None)) as mine:
            await until(mine, "*")
            api.valid = {"two"}
            await until(mine, "signed-out")
            assert [one async for one in mine] == []

    run(scenario)


def test_one_session_cannot_take_every_place():
    async def scenario(api):
        feed = LiveFeed()
        pages = [feed.messages(inside(api), None) for _ in range(MOST_OF_ONE)]
        for page in pages:
            await anext(page)
        with pytest.raises(ApiRefusal, match="too many pages"):
            feed.refuse_when_full("one")
        feed.refuse_when_full("two")
        for page in pages:
            await page.aclose()
        feed.refuse_when_full("one")

    run(scenario)
