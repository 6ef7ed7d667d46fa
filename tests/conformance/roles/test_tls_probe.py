"""What every `TlsProbe` promises. A stand is a service and the time at which its certificate expires."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.actions import TlsProbe
from grace_workers.testing import MemoryTls
from tests.conformance.roles.implementations import implementations, stand

TIMEOUT = timedelta(seconds=5)


@pytest.fixture(params=implementations(TlsProbe))
def service(request: pytest.FixtureRequest) -> Iterator[tuple[TlsProbe, datetime]]:
    if request.param == "memory":
        until = datetime(2020, 1, 1, tzinfo=UTC)
        yield MemoryTls(until), until
        return
    with stand(request.param, TlsProbe, request) as found:
        yield found


def test_the_expiry_of_a_certificate_is_reported_even_if_it_has_passed(service: tuple[TlsProbe, datetime]) -> None:
    probe, until = service
    assert probe.expires(TIMEOUT) == until
