"""What every `Restartable` promises. A stand is a service that has never run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.testing import MemoryService
from tests.conformance.roles.implementations import implementations, stand

GRACE = timedelta(seconds=2)


@pytest.fixture(params=implementations(Restartable))
def service(request: pytest.FixtureRequest) -> Iterator[Restartable]:
    if request.param == "memory":
        yield MemoryService(running=False, starts=0)
        return
    with stand(request.param, Restartable, request) as made:
        yield made


def same(status: ServiceStatus) -> ServiceStatus:
    """Leave out how long it has served, because that goes on."""
    return replace(status, serving=None)


def test_a_service_that_never_ran_does_not_run(service: Restartable) -> None:
    assert not service.status().running


def test_start_starts_and_start_again_finds_it(service: Restartable) -> None:
    first = service.start()
    assert first.running
    assert same(first) == same(service.start()) == same(service.status())


def test_every_start_is_an_incarnation_of_its_own(service: Restartable) -> None:
    first = service.start()
    service.stop(GRACE)
    second = service.start()
    assert first.incarnation != second.incarnation


def test_stop_stops_and_stop_again_is_harmless(service: Restartable) -> None:
    service.start()
    assert not service.stop(GRACE).running
    assert not service.stop(GRACE).running
    assert not service.status().running
