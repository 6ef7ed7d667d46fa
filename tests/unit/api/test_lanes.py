"""Slots by kind, waiting without a thread, and a request to retry when too many wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from grace_workers.entrypoints.api.lanes import Lanes, NoPlace, RequestLane, RequestPlace
from grace_workers.entrypoints.api.problems import Refusal


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def lane(at_once: int = 1, *, waiting: int = 1, patience: float = 5.0) -> RequestLane:
    return RequestLane("calls", at_once, waiting=waiting, patience=patience)


def test_those_who_wait_come_in_as_places_are_given_back() -> None:
    async def work() -> list[str]:
        one, order = lane(), []
        await one.enter()
        second = asyncio.create_task(one.enter())
        await asyncio.sleep(0)
        order.append("waits" if not second.done() else "is in")
        one.leave()
        await second
        return [*order, "is in"]

    assert run(work()) == ["waits", "is in"]


def test_a_full_queue_refuses_the_next_request_at_once() -> None:
    async def work() -> Refusal:
        one = lane(patience=3)
        await one.enter()
        waits = asyncio.create_task(one.enter())
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await one.enter()
        waits.cancel()
        return refused.value

    refusal = run(work())
    assert refusal.status == 503
    assert refusal.headers == {"Retry-After": "3"}


def test_a_request_that_waits_too_long_is_refused_and_holds_nothing() -> None:
    async def work() -> None:
        one = lane(patience=0.01)
        await one.enter()
        with pytest.raises(Refusal):
            await one.enter()
        one.leave()
        await one.enter()

    run(work())


def test_a_place_is_held_in_one_lane_at_a_time_and_given_back_once() -> None:
    async def work() -> str:
        first, second, place = lane(), lane(patience=0.01), RequestPlace()
        await place.enter(first)
        await place.enter(second)
        await first.enter()
        place.leave()
        place.leave()
        await second.enter()
        with pytest.raises(Refusal):
            await second.enter()
        return "one place each"

    assert run(work()) == "one place each"


def test_this_machines_own_requests_do_not_wait() -> None:
    async def work() -> str:
        one = lane(waiting=0)
        await NoPlace().enter(one)
        with pytest.raises(Refusal):
            await RequestPlace().enter(one)
        return "came in"

    assert run(work()) == "came in"


def test_bodies_together_take_no_more_memory_than_there_is_and_give_it_back() -> None:
    lanes = Lanes(buffered=100)
    with lanes.buffer() as one, lanes.buffer() as other:
        one.take(60)
        with pytest.raises(Refusal) as refused:
            other.take(50)
        assert refused.value.status == 503
        other.take(40)
    with lanes.buffer() as one:
        one.take(100)


def test_a_large_delivery_has_its_own_lane() -> None:
    lanes = Lanes()
    assert lanes.for_signals(1_000) is lanes.signals
    assert lanes.for_signals(1_000_000) is lanes.bulk
