import faulthandler
import os
import subprocess
import sys
import threading

from sqlalchemy import create_engine

from grace_workers.adapters.postgres.audit.counting import CounterPublisher
from tests.collecting import collection_after


class Nowhere:
    def publish(self, _origin: str, _news: object) -> None:
        raise AssertionError("there is nothing to publish")


def test_a_connection_that_a_garbage_collection_returns_while_the_thread_is_made_makes_no_second_one() -> None:
    program = f"from {__name__} import interrupted; interrupted()"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def interrupted() -> None:
    faulthandler.dump_traceback_later(20, exit=True)
    for number, allocations in enumerate(range(0, 60, 2), 1):
        publisher = CounterPublisher(create_engine("sqlite://"), Nowhere())
        with collection_after(allocations, publisher._start):
            publisher._start()
        assert sum(one.name == "grace-audit-counters" for one in threading.enumerate()) == number
    os._exit(0)
