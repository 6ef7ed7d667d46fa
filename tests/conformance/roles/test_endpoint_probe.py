"""What every `EndpointProbe` promises. A stand is a service, and a callable that makes it stop listening."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import EndpointProbe
from grace_workers.testing import MemoryEndpoint
from tests.conformance.roles.implementations import implementations, stand

TIMEOUT = timedelta(seconds=5)


@pytest.fixture(params=implementations(EndpointProbe))
def endpoint(request: pytest.FixtureRequest) -> Iterator[tuple[EndpointProbe, Callable[[], None]]]:
    if request.param == "memory":
        made = MemoryEndpoint()
        yield made, lambda: setattr(made, "accepts", False)
        return
    with stand(request.param, EndpointProbe, request) as found:
        yield found


def test_a_service_that_listens_is_found(endpoint: tuple[EndpointProbe, Callable[[], None]]) -> None:
    probe, _ = endpoint
    assert (probe.resolves(TIMEOUT), probe.connects(TIMEOUT)) == (True, True)


def test_a_service_that_stopped_is_still_known_by_name(endpoint: tuple[EndpointProbe, Callable[[], None]]) -> None:
    probe, stop = endpoint
    stop()
    assert (probe.resolves(TIMEOUT), probe.connects(TIMEOUT)) == (True, False)
