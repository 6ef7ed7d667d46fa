"""What every `HostFigures` promises. A stand is a machine."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import HostFigures
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryHost
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(HostFigures))
def host(request: pytest.FixtureRequest) -> Iterator[HostFigures]:
    if request.param == "memory":
        yield MemoryHost()
        return
    with stand(request.param, HostFigures, request) as made:
        yield made


def test_a_machine_uses_some_of_what_it_has(host: HostFigures) -> None:
    said = host.figures()
    assert 0 < said.memory < 1
    assert 0 <= said.swap <= 1
    assert said.load_per_core >= 0
    assert 0 < said.open_files < 1
    assert 0 < host.disk("/") <= 1
    assert 0 <= host.inodes("/") <= 1


def test_a_machine_says_how_wrong_its_clock_may_be(host: HostFigures) -> None:
    # The kernel says no more than 16 s.
    assert 0 <= host.clock_error() <= 16


@pytest.mark.parametrize("path", ["/no/such/place", "--help", "relative"])
def test_a_missing_path_is_reported(host: HostFigures, path: str) -> None:
    with pytest.raises(NotFoundError, match=path):
        host.disk(path)
    with pytest.raises(NotFoundError, match=path):
        host.inodes(path)
