import psycopg
import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres import engine as engine_room
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.foundation.errors import TransientError
from tests.waiting import until


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url, application="test-connections")
    yield made
    made.dispose()


def used(engine) -> int:
    """Use the pool's connection once and return the server's number of it."""
    with translated(), engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def cut(database_url, pid) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        until(
            lambda: other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is None, within=5
        )


def rested(engine) -> None:
    """Let all connections of the pool have rested for longer than is taken on trust."""
    with engine.connect() as connection:
        entry = connection.connection._connection_record
    entry.info[engine_room._SINCE] -= 10 * engine_room._RESTED


def test_a_connection_that_broke_while_it_rested_is_replaced_unnoticed(engine, database_url):
    first = used(engine)
    rested(engine)
    cut(database_url, first)
    assert used(engine) != first


def test_a_connection_that_broke_right_after_its_use_fails_once_as_an_absence(engine, database_url):
    first = used(engine)
    cut(database_url, first)
    with pytest.raises(TransientError, match="the database"):
        used(engine)
    assert used(engine) != first


def test_a_rested_connection_that_works_is_kept_and_begins_no_transaction(engine, database_url):
    first = used(engine)
    rested(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == first
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
        alone.execute(text("CREATE TABLE kept (x int)"))
    rested(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO kept VALUES (1)"))
        connection.rollback()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0


def test_without_a_database_using_one_says_so():
    lost = make_engine("postgresql://someone@127.0.0.1:1/nowhere", application="test")
    with pytest.raises(TransientError):
        used(lost)
    lost.dispose()
