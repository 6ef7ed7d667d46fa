"""What every `ServiceLimits` promises. A stand has the limit `name` at 20, settable from 10 to 100."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.testing import MemoryLimits
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Bounded


@pytest.fixture(params=implementations(ServiceLimits))
def service(request: pytest.FixtureRequest) -> Iterator[Bounded]:
    if request.param == "memory":
        known = [
            Limit(name="connections", value=20, lowest=10, highest=100),
            Limit(name="memory", value=None, lowest=1, highest=1 << 40),
        ]
        yield Bounded(role=MemoryLimits({one.name: one for one in known}), name="connections", unlimited="memory")
        return
    with stand(request.param, ServiceLimits, request) as made:
        yield made


def test_a_limit_that_is_set_is_in_force(service: Bounded) -> None:
    before = service.role.limit(service.name)
    assert (before.value, before.lowest, before.highest) == (20, 10, 100)
    assert service.role.set_limit(service.name, 30).value == 30
    assert service.role.set_limit(service.name, 30).value == 30
    assert service.role.limit(service.name) in service.role.limits()


@pytest.mark.parametrize("value", [9, 101, 0])
def test_a_value_out_of_bounds_is_refused(service: Bounded, value: int) -> None:
    with pytest.raises(InputError, match="10 to 100"):
        service.role.set_limit(service.name, value)
    assert service.role.limit(service.name).value == 20


@pytest.mark.parametrize("name", ["--help", "ghost", "x=1", ""])
def test_a_limit_that_is_not_declared_is_neither_seen_nor_set(service: Bounded, name: str) -> None:
    assert name not in {one.name for one in service.role.limits()}
    for ask in (service.role.limit, lambda one: service.role.set_limit(one, 20)):
        with pytest.raises(NotFoundError, match="may not be changed"):
            ask(name)


def test_an_earlier_value_outside_the_bounds_can_be_restored(service: Bounded) -> None:
    if service.unlimited is None:
        assert service.role.put_back_limit(service.name, 5).value == 5
        return
    assert service.role.limit(service.unlimited).value is None
    highest = service.role.limit(service.unlimited).highest
    service.role.set_limit(service.unlimited, highest)
    assert service.role.put_back_limit(service.unlimited, None).value is None
