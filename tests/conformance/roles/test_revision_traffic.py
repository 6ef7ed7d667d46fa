"""What every `RevisionTraffic` promises. A stand has three ready revisions, of which the newest gets all traffic."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import RevisionTraffic, TrafficShare
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryTraffic
from tests.conformance.roles.implementations import implementations, stand

NEWEST = (TrafficShare(revision=None, percent=100),)


@pytest.fixture(params=implementations(RevisionTraffic))
def service(request: pytest.FixtureRequest) -> Iterator[RevisionTraffic]:
    if request.param == "memory":
        yield MemoryTraffic()
        return
    with stand(request.param, RevisionTraffic, request) as made:
        yield made


def test_revisions_come_newest_first(service: RevisionTraffic) -> None:
    found = service.revisions()
    assert len(found) == 3
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert all(one.ready for one in found)
    assert service.traffic() == NEWEST
    assert service.newest_ready() == found[0].name


def test_traffic_is_shared_as_it_was_asked_for(service: RevisionTraffic) -> None:
    _, second, third = (one.name for one in service.revisions())
    shares = (TrafficShare(revision=second, percent=80), TrafficShare(revision=third, percent=20, label="old"))
    assert service.route(shares) == shares
    assert service.route(shares) == shares
    assert service.traffic() == shares


def test_traffic_can_follow_the_newest_again(service: RevisionTraffic) -> None:
    service.route([TrafficShare(revision=service.revisions()[2].name, percent=100)])
    assert service.route(NEWEST) == NEWEST
    assert service.traffic() == NEWEST


def test_a_revision_that_is_not_there_gets_nothing(service: RevisionTraffic) -> None:
    with pytest.raises(NotFoundError):
        service.route([TrafficShare(revision="ghost", percent=100)])
    assert service.traffic() == NEWEST
