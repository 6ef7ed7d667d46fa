"""What every `Drainable` promises. A stand is open and has at least one pod that has to leave."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import Drainable
from grace_workers.testing import MemoryMachine
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(Drainable))
def machine(request: pytest.FixtureRequest) -> Iterator[Drainable]:
    if request.param == "memory":
        yield MemoryMachine()
        return
    with stand(request.param, Drainable, request) as made:
        yield made


def test_a_machine_is_closed_and_opened_again_and_its_pods_stay(machine: Drainable) -> None:
    before = machine.state()
    assert before.schedulable
    for on in (False, False, True, True):
        assert machine.set_schedulable(on=on).schedulable is on
    assert machine.state() == before


def test_all_that_has_to_leave_leaves_once(machine: Drainable) -> None:
    names = [one.name for one in machine.state().pods]
    assert names
    machine.set_schedulable(on=False)
    assert machine.drain(timedelta(seconds=10)) == names
    assert machine.state().pods == ()
    assert machine.drain(timedelta(seconds=10)) == []
