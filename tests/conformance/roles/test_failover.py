"""What every `Failover` promises. A stand has a primary and at least one standby."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Failover
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryFailover
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(Failover))
def service(request: pytest.FixtureRequest) -> Iterator[Failover]:
    if request.param == "memory":
        yield MemoryFailover()
        return
    with stand(request.param, Failover, request) as made:
        yield made


def test_a_standby_that_is_promoted_leads_and_the_earlier_primary_stands_by(service: Failover) -> None:
    before = service.members()
    assert before.primary not in before.standbys
    now = service.promote(before.standbys[0])
    assert now == service.members()
    assert now.primary == before.standbys[0]
    assert {now.primary, *now.standbys} == {before.primary, *before.standbys}


def test_promoting_what_leads_already_changes_nothing(service: Failover) -> None:
    before = service.members()
    assert service.promote(before.primary) == before


def test_the_earlier_primary_can_lead_again(service: Failover) -> None:
    first = service.members()
    service.promote(first.standbys[0])
    assert service.promote(first.primary).primary == first.primary


@pytest.mark.parametrize("name", ["--help", "ghost", "*", "a b", ""])
def test_what_does_not_stand_by_is_not_promoted(service: Failover, name: str) -> None:
    before = service.members()
    with pytest.raises(NotFoundError):
        service.promote(name)
    assert service.members() == before
