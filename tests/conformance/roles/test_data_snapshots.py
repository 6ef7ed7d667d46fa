"""What every `DataSnapshots` promises. A stand is a server, and a function that bars it from its disk."""

from collections.abc import Callable, Iterator

import pytest

from grace_workers.actions import DataSnapshots
from grace_workers.foundation.errors import PermanentError
from grace_workers.testing import MemorySnapshots
from tests.conformance.roles.implementations import implementations, stand

Stand = tuple[DataSnapshots, Callable[[bool], None]]


@pytest.fixture(params=implementations(DataSnapshots))
def server(request: pytest.FixtureRequest) -> Iterator[Stand]:
    if request.param == "memory":
        made = MemorySnapshots()
        yield made, lambda barred: setattr(made, "full", barred)
        return
    with stand(request.param, DataSnapshots, request) as found:
        yield found


def test_what_is_saved_has_not_failed_and_is_newer(server: Stand) -> None:
    role, _ = server
    before = role.state()
    role.save()
    after = role.state()
    assert (before.failed, after.failed) == (False, False)
    assert after.saved_at >= before.saved_at


def test_a_failed_attempt_is_told_until_the_next_one_that_succeeds(server: Stand) -> None:
    role, bar = server
    bar(True)
    with pytest.raises(PermanentError, match="could not save"):
        role.save()
    assert role.state().failed
    bar(False)
    assert role.state().failed
    role.save()
    assert not role.state().failed
