"""What every `PullRequests` promises. A stand is the role, for a repository with the branch `grace/fix-1`."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import PullRequests
from grace_workers.testing import MemoryPullRequests
from tests.conformance.roles.implementations import implementations, stand
from tests.conformance.roles.test_codebase import BRANCH

pytestmark = pytest.mark.slow


@pytest.fixture(params=implementations(PullRequests))
def role(request: pytest.FixtureRequest) -> Iterator[PullRequests]:
    if request.param == "memory":
        yield MemoryPullRequests()
        return
    with stand(request.param, PullRequests, request) as made:
        yield made


def test_a_request_is_opened_once(role: PullRequests) -> None:
    assert role.opened(BRANCH) is None
    made = role.open(BRANCH, "Fix b", "why")
    assert made.url.startswith("https://")
    assert role.open(BRANCH, "Fix b", "why") == made == role.opened(BRANCH)


def test_a_closed_request_is_no_longer_open_and_another_may_follow(role: PullRequests) -> None:
    first = role.open(BRANCH, "Fix b", "why")
    role.close(BRANCH)
    assert role.opened(BRANCH) is None
    role.close(BRANCH)
    assert role.open(BRANCH, "Fix b", "why").number != first.number
