import os
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres import engine as engine_room
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.adapters.postgres.jobs.autocommit import AutocommitConnections, Prepared
from grace_workers.foundation.errors import TransientError
from tests.waiting import until

PID = "SELECT pg_backend_pid()"


@pytest.fixture
def engine(database_url):
    made = make_engine(database_url, application="test-connections")
    yield made
    made.dispose()


def used(engine) -> int:
    """Use the pool's connection once and return the server's number for it."""
    with translated(), engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def cut(database_url, pid) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        until(
            lambda: other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is None, within=5
        )


def rested(engine) -> None:
    """Let all connections of the pool be unused for longer than they are trusted."""
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


def test_connections_that_have_rested_are_closed_the_last_one_too(engine):
    engine.pool.rests_for = 0.1
    engine.pool._rest._look = 0.1
    several = [engine.connect() for _ in range(4)]
    for one in several:
        one.close()
    until(lambda: engine.pool.checkedin() == 0, within=5)
    assert engine.pool.checkedout() == 0
    until(lambda: not engine.pool._rest._begun, within=5)
    assert used(engine), "a pool that has rested gives no connection"


def test_a_connection_in_use_does_not_count_as_idle(engine):
    engine.pool.rests_for = 0.0
    with engine.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        assert not engine.pool.close_rested()
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == first


def test_statements_one_after_the_other_share_a_connection_whichever_thread_asks(engine):
    connections = AutocommitConnections(engine)
    with ThreadPoolExecutor(4) as hands:
        seen = {hands.submit(connections.row, PID, {}).result()[0] for _ in range(12)}
    assert len(seen) == 1
    assert engine.pool.checkedout() == 1


def test_statements_at_once_have_a_connection_each_and_give_it_back_when_it_has_rested(engine):
    connections, together = AutocommitConnections(engine), threading.Barrier(3)

    def slow(_number: int) -> int:
        together.wait(10)
        return connections.row("SELECT pg_backend_pid(), pg_sleep(0.2)", {})[0]

    with ThreadPoolExecutor(3) as hands:
        assert len(set(hands.map(slow, range(3)))) == 3
    assert engine.pool.checkedout() == 3
    connections.rests_for = 0.0
    assert not connections.close_rested()
    assert engine.pool.checkedout() == 0


def test_a_statement_that_fails_costs_its_connection(engine):
    connections = AutocommitConnections(engine)
    first = connections.row(PID, {})[0]
    with pytest.raises(psycopg.errors.DivisionByZero):
        connections.row("SELECT 1/0", {})
    assert connections.row(PID, {})[0] != first


def test_a_connection_that_was_rolled_back_between_two_uses_knows_its_statements(engine):
    connections, statement = AutocommitConnections(engine), Prepared("grace_test_number", "SELECT $1::text")
    connections.rests_for = 0.0
    assert connections.ask(statement, "1")[0][0] == b"1"
    # What psycopg has prepared by itself, it drops with everything else.
    connections.row(PID, {})
    connections.close_rested()
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        connection.rollback()
        connection.execute(text("SELECT 1"))
    assert engine.pool.checkedin() == 1
    assert connections.ask(statement, "2")[0][0] == b"2"


def test_a_forked_process_closes_no_connection_of_its_parent(engine):
    connections = AutocommitConnections(engine)
    (before,) = connections.row(PID, {})
    if (child := os.fork()) == 0:
        try:
            engine.dispose(close=False)
            (own,) = connections.row(PID, {})
            engine.dispose()
            os._exit(0 if own != before else 2)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert connections.row(PID, {}) == (before,)
