import gc
import threading
from queue import Queue

import pytest

from grace_workers.adapters.postgres.resting import Rest
from tests.waiting import until


class Keeper:
    """Keeps what it is given until the next look."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.closed: Queue[str] = Queue()
        self.rest = Rest(self.close_rested, look=0.01)

    def give(self, one: str) -> None:
        self.kept.append(one)
        self.rest.begin()

    def close_rested(self) -> bool:
        while self.kept:
            self.closed.put(self.kept.pop())
        return False


class Lost:
    """A connection that only a garbage collection returns to its keeper."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.me = keeper, self

    def __del__(self) -> None:
        self.keeper.give("lost")


def test_what_comes_is_closed_each_time_though_the_thread_ends_between() -> None:
    keeper = Keeper()
    for one in ("first", "second"):
        keeper.give(one)
        assert keeper.closed.get(timeout=10) == one
        until(lambda: not any(thread.name == "resting-connections" for thread in threading.enumerate()), within=10)


@pytest.mark.parametrize("allocations", range(0, 40, 2))
def test_a_connection_that_a_garbage_collection_returns_in_the_midst_of_another_return_is_closed_too(
    allocations: int,
) -> None:
    keeper, thresholds = Keeper(), gc.get_threshold()

    def give() -> None:
        gc.set_threshold(gc.get_count()[0] + allocations)
        gc.enable()
        keeper.give("returned")

    returning = threading.Thread(target=give, daemon=True)
    gc.disable()
    try:
        Lost(keeper)
        returning.start()
        returning.join(10)
        assert not returning.is_alive(), "it waits for a lock that it holds itself"
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    gc.collect()
    assert sorted(keeper.closed.get(timeout=10) for _ in range(2)) == ["lost", "returned"]
