"""What every `CacheServer` promises. A stand is a quiet server without replicas."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import CacheServer
from grace_workers.testing import MemoryCacheServer
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(CacheServer))
def server(request: pytest.FixtureRequest) -> Iterator[CacheServer]:
    if request.param == "memory":
        yield MemoryCacheServer()
        return
    with stand(request.param, CacheServer, request) as made:
        yield made


def test_a_quiet_server_uses_some_of_its_memory_and_few_of_its_connections(server: CacheServer) -> None:
    said = server.figures()
    assert 0 < said.memory_used < said.memory_limit
    assert 1 <= said.clients < said.client_limit
    assert (said.evicted_keys, said.replica_lags) == (0, ())
