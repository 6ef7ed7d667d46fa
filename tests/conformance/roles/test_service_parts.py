"""What every `ServiceParts` promises. A stand has at least two healthy parts, and a way to let one fail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import ServiceParts
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryParts
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.stands import Parts
from tests.waiting import until

PATIENCE = timedelta(seconds=20)


@pytest.fixture(params=implementations(ServiceParts))
def service(request: pytest.FixtureRequest) -> Iterator[Parts]:
    if request.param == "memory":
        memory = MemoryParts()
        yield Parts(role=memory, fail=memory.unhealthy.add)
        return
    with stand(request.param, ServiceParts, request) as made:
        yield made


def test_all_members_are_seen_by_name_and_distinguished(service: Parts) -> None:
    found = service.role.parts()
    assert [one.name for one in found] == sorted({one.name for one in found})
    assert len(found) > 1
    assert all(one.healthy and one.incarnation for one in found)


def test_a_restart_is_of_one_member_and_leaves_the_others(service: Parts) -> None:
    first, *others = service.role.parts()
    now = service.role.restart_part(first.name, PATIENCE)
    assert now.healthy
    assert now.incarnation != first.incarnation
    assert {one.name: one for one in service.role.parts()} == {one.name: one for one in (now, *others)}


def test_a_member_that_fails_is_seen_and_a_restart_heals_it(service: Parts) -> None:
    first = service.role.parts()[0]
    service.fail(first.name)
    until(lambda: not service.role.parts()[0].healthy, within=20)
    assert service.role.restart_part(first.name, PATIENCE).healthy


@pytest.mark.parametrize("name", ["--help", "ghost", "*", "a b", ""])
def test_a_member_that_is_not_there_is_not_restarted(service: Parts, name: str) -> None:
    before = service.role.parts()
    with pytest.raises(NotFoundError):
        service.role.restart_part(name, PATIENCE)
    assert before == service.role.parts()
