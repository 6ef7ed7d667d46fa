"""What every `EnvironmentProof` promises. A stand is a function that opens the target anew."""

from collections.abc import Callable, Iterator

import pytest

from grace_workers.actions import EnvironmentProof
from grace_workers.testing import MemoryEnvironment
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(EnvironmentProof))
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[[], EnvironmentProof]]:
    if request.param == "memory":
        yield MemoryEnvironment
        return
    with stand(request.param, EnvironmentProof, request) as made:
        yield made


def test_the_identity_is_one_word_and_the_same_whoever_asks(opened: Callable[[], EnvironmentProof]) -> None:
    first, second = opened().environment(), opened().environment()
    assert first == second
    assert 8 < len(first) < 200
    assert first.isprintable()
    assert " " not in first
