"""What every `Scalable` promises. A stand has three instances, all ready, and bounds of 1 and 5."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Scalable
from grace_workers.testing import MemoryScale
from tests.conformance.roles.implementations import implementations, stand
from tests.waiting import until


@pytest.fixture(params=implementations(Scalable))
def service(request: pytest.FixtureRequest) -> Iterator[Scalable]:
    if request.param == "memory":
        yield MemoryScale(wanted=3)
        return
    with stand(request.param, Scalable, request) as made:
        yield made


def test_the_numbers_and_the_bounds_are_told(service: Scalable) -> None:
    until(lambda: service.scale().ready == 3, within=20)
    found = service.scale()
    assert (found.wanted, found.lowest, found.highest) == (3, 1, 5)


@pytest.mark.parametrize("count", [1, 5])
def test_as_many_run_as_were_asked_for(service: Scalable, count: int) -> None:
    assert service.scale_to(count).wanted == count
    assert service.scale_to(count).wanted == count
    until(lambda: service.scale().ready == count, within=20)


def test_an_earlier_number_outside_the_bounds_can_be_asked_for_again(service: Scalable) -> None:
    assert service.scale_to(0).wanted == 0
