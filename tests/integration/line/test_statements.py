"""The cursor that a connection keeps: it outlives failures, but neither its connection nor a result of many rows."""

import psycopg
import pytest

from grace_workers.adapters.postgres import statement as statements
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.statement import BATCH, many, one

pytestmark = pytest.mark.servers

NUMBERS = "SELECT n FROM generate_series(1, %(most)s::int) AS n"


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url)
    yield made
    made.dispose()


def kept(connection):
    return connection.connection.info.get(statements._CURSOR)


def test_the_next_transaction_uses_the_same_cursor_also_after_a_failure(engine):
    with engine.begin() as connection:
        assert one(connection, NUMBERS, {"most": 3}) == (1,)
        first = kept(connection)
    with pytest.raises(psycopg.errors.DivisionByZero), engine.begin() as connection:
        one(connection, "SELECT 1 / %(n)s::int", {"n": 0})
    with engine.begin() as connection:
        assert many(connection, NUMBERS, {"most": 2}) == [(1,), (2,)]
        assert kept(connection) is first is not None


def test_a_result_of_many_rows_is_not_kept(engine):
    with engine.begin() as connection:
        assert len(many(connection, NUMBERS, {"most": BATCH + 1})) == BATCH + 1
        assert kept(connection) is None
        assert many(connection, NUMBERS, {"most": 1}) == [(1,)]


def test_a_new_connection_has_a_cursor_of_its_own(engine):
    with engine.connect() as connection:
        pid = one(connection, "SELECT pg_backend_pid()", {})
        connection.invalidate()
    with engine.begin() as connection:
        assert one(connection, "SELECT pg_backend_pid()", {}) != pid
