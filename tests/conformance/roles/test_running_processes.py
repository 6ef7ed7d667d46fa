"""What every `RunningProcesses` promises. A stand has at least one process."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import ProcessUse, RunningProcesses
from grace_workers.testing import MemoryRunning
from tests.conformance.roles.implementations import implementations, stand

_USE = ProcessUse(pid=7, name="shop", user="shop", age=timedelta(hours=1), memory=1 << 20, processor=0.1, threads=3)


@pytest.fixture(params=implementations(RunningProcesses))
def running(request: pytest.FixtureRequest) -> Iterator[RunningProcesses]:
    if request.param == "memory":
        yield MemoryRunning([_USE])
        return
    with stand(request.param, RunningProcesses, request) as made:
        yield made


def test_what_runs_uses_memory_and_threads_and_the_largest_comes_first(running: RunningProcesses) -> None:
    found = running.largest(5)
    assert 1 <= len(found) <= min(5, running.count())
    assert all(one.memory > 0 and one.threads >= 1 and one.processor >= 0 and one.name for one in found)
    assert [one.memory for one in found] == sorted((one.memory for one in found), reverse=True)


def test_no_more_are_returned_than_were_asked_for(running: RunningProcesses) -> None:
    assert len(running.largest(1)) == 1
    assert list(running.largest(0)) == []
