import faulthandler
import os
import subprocess
import sys
import threading

import pytest
from sqlalchemy import create_engine

from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from tests.collecting import collection_after
from tests.waiting import until


class Nowhere:
    def publish(self, _origin: str, _news: object) -> None:
        raise AssertionError("there is nothing to publish")


@pytest.mark.slow
def test_a_connection_that_a_garbage_collection_returns_while_the_thread_is_made_makes_no_second_one() -> None:
    program = f"from {__name__} import interrupted; interrupted()"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def interrupted() -> None:
    faulthandler.dump_traceback_later(20, exit=True)
    for number, allocations in enumerate(range(0, 60, 2), 1):
        publisher = CounterPublisher(create_engine("sqlite://"), Nowhere())
        with collection_after(allocations, publisher._start):
            publisher._start()
        assert threads() == number
    if (child := os.fork()) == 0:
        publisher._begin_anew()
        publisher._start()
        os._exit(threads())
    os._exit(0 if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1 else 1)


def threads() -> int:
    return sum(one.name == "grace-audit-counters" for one in threading.enumerate())


class Odd(Nowhere):
    """Raises what is no sign of an unreachable place, once."""

    def __init__(self) -> None:
        self.published: list[object] = []
        self.failed = False

    def publish(self, _origin: str, news: object) -> None:
        if not self.failed:
            self.failed = True
            raise ValueError("an odd answer")
        self.published.append(news)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_after_an_error_that_no_one_expected_another_thread_publishes() -> None:
    place = Odd()
    publisher = CounterPublisher(create_engine("sqlite://"), place)
    publisher._origin, publisher._news = "log", {"writer": 1}
    publisher._start()
    until(lambda: place.failed and not publisher._running.locked(), within=10)
    publisher._start()
    until(lambda: place.published == [{"writer": 1}], within=10)
    publisher.close()
