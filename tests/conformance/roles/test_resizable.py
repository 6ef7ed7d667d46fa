"""What every `Resizable` promises. A stand has the smaller of two declared sizes."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Resizable
from grace_workers.testing import MemorySize
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Sized


@pytest.fixture(params=implementations(Resizable))
def service(request: pytest.FixtureRequest) -> Iterator[Sized]:
    if request.param == "memory":
        yield Sized(role=MemorySize(), other="huge")
        return
    with stand(request.param, Resizable, request) as made:
        yield made


def test_a_size_that_is_asked_for_is_in_force(service: Sized) -> None:
    smaller, larger = service.role.size().allowed
    assert service.role.size().name == smaller
    assert service.role.resize_to(larger).name == larger
    assert service.role.resize_to(larger).name == larger
    assert service.role.size().name == larger


def test_an_earlier_size_that_is_not_declared_can_be_given_again(service: Sized) -> None:
    assert service.role.resize_to(service.other).name == service.other
