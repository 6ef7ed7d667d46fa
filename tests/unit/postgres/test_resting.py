import faulthandler
import subprocess
import sys
import threading
from functools import partial
from queue import Queue

import pytest

from grace_workers.adapters.postgres.resting import Rest
from tests.collecting import collection_after
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


def test_what_comes_is_closed_each_time_though_the_thread_ends_between() -> None:
    keeper, others = Keeper(), set(threading.enumerate())
    for one in ("first", "second"):
        keeper.give(one)
        assert keeper.closed.get(timeout=10) == one
        until(lambda: set(threading.enumerate()) <= others, within=10)


@pytest.mark.slow
def test_a_connection_that_a_garbage_collection_returns_in_the_midst_of_another_return_is_closed_too() -> None:
    # In a process of its own, because a full collection of what a test run holds takes seconds.
    program = f"from {__name__} import interrupted; interrupted()"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def interrupted() -> None:
    """Have a collection begin at each allocation of a return in turn; a dead lock ends this with an error."""
    faulthandler.dump_traceback_later(20, exit=True)
    for allocations in range(0, 40, 2):
        keeper = Keeper()
        with collection_after(allocations, partial(keeper.give, "lost")):
            keeper.give("returned")
        assert sorted(keeper.closed.get(timeout=10) for _ in range(2)) == ["lost", "returned"]


class Failing(Keeper):
    """Fails at its first look."""

    def close_rested(self) -> bool:
        if self.kept == ["first"]:
            self.kept.clear()
            raise OSError("the server is gone")
        return super().close_rested()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_comes_after_a_look_that_failed_is_closed_too() -> None:
    keeper, others = Failing(), set(threading.enumerate())
    keeper.give("first")
    until(lambda: not keeper.kept, within=10)
    until(lambda: set(threading.enumerate()) <= others, within=10)
    keeper.give("second")
    assert keeper.closed.get(timeout=10) == "second"
