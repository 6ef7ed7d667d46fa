"""The stream of events: a client that reads nothing releases its slot."""

import asyncio
from typing import Any

import pytest

from grace_workers.entrypoints.api.event_stream import EventStream, StreamQuery, Streams
from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.testing import FakeClock
from tests.memory.ledger import MemoryLedger


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
def test_a_client_that_takes_nothing_loses_its_place(spec: str) -> None:
    streams = Streams(1, patience=0.05)
    response = EventStream.of(StreamQuery(ledger=MemoryLedger(FakeClock()), after=0, topics=()), streams, "ann")

    async def never(_message: Any = None) -> Any:
        await asyncio.Event().wait()

    with pytest.raises(Refusal, match="1 streams are open here"):
        streams.enter("bob")
    asyncio.run(response({"type": "http", "asgi": {"spec_version": spec}}, never, never))
    streams.enter("bob")


def test_one_person_gets_a_limited_number_of_slots() -> None:
    streams = Streams(3, most_of_one=2)
    streams.enter("ann")
    streams.enter("ann")
    with pytest.raises(Refusal, match="ann has 2 open streams here"):
        streams.enter("ann")
    streams.enter("bob")
    with pytest.raises(Refusal, match="3 streams are open here"):
        streams.enter("cyd")
    streams.leave("ann")
    streams.enter("ann")
