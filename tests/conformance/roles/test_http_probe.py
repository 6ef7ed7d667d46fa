"""What every `HttpProbe` promises. A stand is a service whose status can be set, 0 for one that hangs up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import HttpProbe
from grace_workers.foundation.errors import PermanentError
from grace_workers.testing import MemoryProbe
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import BODY, Service

TIMEOUT = timedelta(seconds=5)


@pytest.fixture(params=implementations(HttpProbe))
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    if request.param == "memory":
        probe = MemoryProbe(body=BODY)
        yield Service(probe, lambda status: setattr(probe, "status", status))
        return
    with stand(request.param, HttpProbe, request) as made:
        yield made


@pytest.mark.parametrize("status", [200, 404, 503])
def test_the_status_is_the_services_own(service: Service, status: int) -> None:
    service.answer(status)
    seen, seconds = service.role.get("/healthz", TIMEOUT)
    assert seen == status
    assert 0 <= seconds < TIMEOUT.total_seconds()


def test_a_service_that_gives_no_answer_has_status_zero(service: Service) -> None:
    service.answer(0)
    assert service.role.get("/healthz", TIMEOUT)[0] == 0


def test_a_successful_answer_can_be_read_and_no_other(service: Service) -> None:
    service.answer(200)
    assert service.role.read("/healthz", TIMEOUT) == BODY
    for status in (404, 0):
        service.answer(status)
        with pytest.raises(PermanentError):
            service.role.read("/healthz", TIMEOUT)
