"""What every `DatabaseFigures` promises. A stand is a quiet server without replicas."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import DatabaseFigures
from grace_workers.testing import MemoryDatabase
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(DatabaseFigures))
def database(request: pytest.FixtureRequest) -> Iterator[DatabaseFigures]:
    if request.param == "memory":
        yield MemoryDatabase()
        return
    with stand(request.param, DatabaseFigures, request) as made:
        yield made


def test_a_quiet_server_has_room_left_and_nothing_in_arrears(database: DatabaseFigures) -> None:
    said = database.status()
    assert 0 <= said.connections < said.connection_limit
    assert said.longest_query < timedelta(seconds=30)
    assert (said.replica_lag, said.retained_bytes) == (timedelta(0), 0)
    assert 0 <= said.transaction_ids < 0.5
