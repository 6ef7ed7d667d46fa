"""What every `Suspendable` promises. A stand goes on at first."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import Suspendable
from grace_workers.testing import MemorySuspendable
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(Suspendable))
def target(request: pytest.FixtureRequest) -> Iterator[Suspendable]:
    if request.param == "memory":
        yield MemorySuspendable()
        return
    with stand(request.param, Suspendable, request) as made:
        yield made


def test_it_is_held_until_it_is_resumed_and_both_may_be_said_twice(target: Suspendable) -> None:
    seen = [target.is_suspended()]
    for act in (target.suspend, target.suspend, target.resume, target.resume, target.suspend):
        act()
        seen.append(target.is_suspended())
    assert seen == [False, True, True, False, False, True]


def test_what_it_begins_is_said_in_words(target: Suspendable) -> None:
    assert " of " in target.begins()
