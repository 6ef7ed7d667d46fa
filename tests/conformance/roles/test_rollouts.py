"""What every `Rollouts` promises. A stand has three versions, of which the newest is in force and well."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import Rollouts
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryRollouts
from tests.conformance.roles.implementations import implementations, stand
from tests.waiting import until


@pytest.fixture(params=implementations(Rollouts))
def service(request: pytest.FixtureRequest) -> Iterator[Rollouts]:
    if request.param == "memory":
        yield MemoryRollouts()
        return
    with stand(request.param, Rollouts, request) as made:
        yield made


def test_the_version_in_force_comes_first(service: Rollouts) -> None:
    found = service.versions()
    assert len({one.name for one in found}) == 3
    assert (service.rollout().version, service.rollout().stuck) == (found[0].name, None)


def test_an_earlier_version_can_be_rolled_out_again_and_keeps_its_name(service: Rollouts) -> None:
    newest, before, _ = service.versions()
    assert service.roll_out(before.name).version == before.name
    assert service.roll_out(before.name).version == before.name
    assert service.rollout().version == before.name
    until(lambda: service.versions()[0].name == before.name, within=20)
    assert {one.name for one in service.versions()} >= {newest.name, before.name}


def test_a_version_that_is_not_there_changes_nothing(service: Rollouts) -> None:
    before = service.rollout().version
    with pytest.raises(NotFoundError, match="ghost"):
        service.roll_out("ghost")
    assert service.rollout().version == before


def test_a_version_that_is_rolled_out_again_is_no_younger(service: Rollouts) -> None:
    oldest = service.versions()[-1].name
    service.roll_out(oldest)
    age = service.rollout().age
    assert age is not None
    assert age >= timedelta(days=1)
