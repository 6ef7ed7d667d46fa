"""Appending under pools, rollbacks, savepoints and failing commits: no fork, no gap, no false alarm."""

import os
import signal
import threading
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from grace_workers.adapters.postgres.audit import PostgresAuditAppender, Rhythm
from grace_workers.audit import Intact, Tampered
from grace_workers.foundation.errors import InputError
from tests.integration.audit.conftest import Desk, entry
from tests.waiting import until

pytestmark = pytest.mark.servers


def test_concurrent_appends_neither_fork_nor_leave_a_gap(desk: Desk) -> None:
    errors: list[BaseException] = []
    sealer = desk.sealer(rhythm=Rhythm(batch=50))
    stop = threading.Event()
    sealing = threading.Thread(target=sealer.run, args=(stop,))
    sealing.start()

    def work() -> None:
        try:
            desk.append(60)
        except BaseException as error:  # noqa: BLE001 -- shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    sealing.join()
    desk.seal()

    found = desk.archive.verify()

    assert errors == []
    assert isinstance(found, Intact), found
    assert found.checkpoint.size == 480


def test_a_rolled_back_entry_leaves_no_gap(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        for keep in (True, False, False, True):
            transaction = connection.begin()
            PostgresAuditAppender(connection).append(entry())
            transaction.commit() if keep else transaction.rollback()
    assert_intact(desk, 2)


def test_a_connection_dropped_in_mid_transaction_leaves_no_gap(desk: Desk) -> None:
    desk.append(1)
    connection = desk.engine.connect()
    PostgresAuditAppender(connection).append(entry())
    connection.close()
    desk.append(1)
    assert_intact(desk, 2)


def test_a_savepoint_takes_back_only_its_own_entries(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        appender = PostgresAuditAppender(connection)
        for keep in (False, True, False):
            appender.append(entry(subject="outside"))
            point = connection.begin_nested()
            appender.append(entry(subject="inside"))
            inner = connection.begin_nested()
            appender.append(entry(subject="innermost"))
            inner.rollback()
            point.commit() if keep else point.rollback()
        appender.append(entry(subject="last"))
    assert_intact(desk, 5)


def test_a_first_entry_in_a_savepoint_can_be_taken_back(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        point = connection.begin_nested()
        PostgresAuditAppender(connection).append(entry())
        point.rollback()
        PostgresAuditAppender(connection).append(entry())
    assert_intact(desk, 1)


def test_a_savepoint_made_as_text_is_seen_too(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        appender = PostgresAuditAppender(connection)
        appender.append(entry())
        connection.exec_driver_sql("savepoint here")
        appender.append(entry())
        connection.exec_driver_sql("rollback to savepoint here")
        appender.append(entry())
    assert_intact(desk, 2)


def test_a_commit_that_fails_opens_a_new_stream(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE pair (id int PRIMARY KEY, other int REFERENCES pair DEFERRABLE INITIALLY DEFERRED)"
        )
    desk.append(1)
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        connection.exec_driver_sql("INSERT INTO pair VALUES (1, 2)")
        with pytest.raises(sa.exc.IntegrityError):
            connection.commit()
    desk.append(2)
    assert_intact(desk, 3)
    assert desk.value("SELECT count(DISTINCT entry ->> 'w') FROM audit_log") == 2


def test_a_connection_killed_before_its_commit_loses_only_its_own(desk: Desk) -> None:
    desk.append(1)
    with desk.engine.connect() as connection:
        PostgresAuditAppender(connection).append(entry())
        desk.end_session_of(connection)
        with pytest.raises(sa.exc.OperationalError):
            connection.commit()
    desk.append(2)
    assert_intact(desk, 3)


def test_a_connection_killed_before_an_append_is_reported_as_lost_and_the_next_one_appends(desk: Desk) -> None:
    desk.append(1)
    with desk.engine.connect() as connection:
        connection.begin()
        desk.end_session_of(connection)
        with pytest.raises(sa.exc.OperationalError) as told:
            PostgresAuditAppender(connection).append(entry())
        assert told.value.connection_invalidated
        assert connection.invalidated
    desk.append(2)
    assert_intact(desk, 3)


def test_a_refused_append_shows_no_details_and_the_stream_continues_without_it(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        appender = PostgresAuditAppender(connection)
        appender.append(entry())
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        with pytest.raises(sa.exc.DBAPIError, match="read-only") as told:
            appender.append(entry(data={"note": "between us"}))
        assert "between us" not in str(told.value)
        connection.rollback()
        appender.append(entry())
        connection.commit()
    desk.append(1)
    assert_intact(desk, 2)


def test_an_append_torn_by_a_signal_loses_its_connection_and_nothing_else(desk: Desk) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ '^INSERT INTO audit'"

    def tear() -> None:
        until(lambda: desk.value(waiting), within=10)
        os.kill(os.getpid(), signal.SIGUSR1)

    desk.append(1)
    earlier = signal.signal(signal.SIGUSR1, _torn)
    tearing = threading.Thread(target=tear)
    try:
        with desk.engine.connect() as connection, psycopg.connect(desk.url) as other:
            other.execute("LOCK TABLE audit_inbox")
            tearing.start()
            with pytest.raises(KeyboardInterrupt):
                PostgresAuditAppender(connection).append(entry())
            assert connection.invalidated
    finally:
        tearing.join()
        signal.signal(signal.SIGUSR1, earlier)
    desk.append(2)
    assert_intact(desk, 3)


def _torn(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_autocommit_connection_is_refused(desk: Desk) -> None:
    autocommit = desk.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection, pytest.raises(InputError, match="AUTOCOMMIT"):
        PostgresAuditAppender(connection).append(entry())


@pytest.mark.parametrize("sealed", [True, False])
def test_an_unsealed_entry_that_was_deleted_is_missed(desk: Desk, sealed: bool) -> None:
    desk.append(2)
    desk.seal()
    desk.append(3)
    desk.attack("DELETE FROM audit_inbox WHERE id = 4")
    if sealed:
        desk.seal()
    found = desk.archive.verify()
    assert isinstance(found, Tampered), found
    assert found.seq == 3
    assert "writer's stream" in found.why


def test_an_unsealed_entry_that_was_edited_is_noticed(desk: Desk) -> None:
    desk.append(3)
    desk.attack("UPDATE audit_inbox SET entry = replace(entry::text, 'job:1', 'job:2')::json WHERE id = 2")
    desk.seal()
    found = desk.archive.verify()
    assert isinstance(found, Tampered), found
    assert found.seq == 2


@pytest.mark.parametrize(
    "data",
    [
        {"took": 0.1, "bad": float("nan"), "huge": 1e300, "tiny": 1e-300, "big": 2**70},
        {"Ünsafe Key": "x", "ünsafe key": "y", 3: b"\x00\xff"},
        {"text": "nul\x00 surrogate\ud800 \u2028 \U0001f600", "deep": [[[[{"a": {1, 2}}]]]]},
    ],
)
def test_an_append_succeeds_with_any_details(desk: Desk, data: dict[Any, Any]) -> None:
    desk.append(1, data=data)
    assert_intact(desk, 1)


@pytest.mark.parametrize("role", ["grace_audit_writer", "grace_audit_reader", "grace_audit_sealer", None])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET entry = '{}'",
        "UPDATE audit_log SET data = NULL, salt = NULL",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "TRUNCATE audit_log_000000",
        "DELETE FROM audit_log_000000",
        "UPDATE audit_inbox SET entry = '{}'",
        "TRUNCATE audit_inbox",
        "UPDATE audit_checkpoint SET note = ''",
        "DELETE FROM audit_checkpoint",
        "TRUNCATE audit_checkpoint, audit_node, audit_anchor, audit_head",
        "UPDATE audit_node SET hash = ''",
        "DELETE FROM audit_anchor",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses_to_change_the_log(desk: Desk, role: str | None, statement: str) -> None:
    desk.append(2)
    desk.seal()
    desk.append(1)
    with psycopg.connect(desk.url) as session:
        session.execute("SET session_replication_role = replica")
        if role is not None:
            session.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)


def test_only_the_sealer_takes_entries_out_of_the_inbox(desk: Desk) -> None:
    desk.append(1)
    with psycopg.connect(desk.url) as session, pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        session.execute("DELETE FROM audit_inbox")


def assert_intact(desk: Desk, size: int) -> None:
    desk.seal()
    found = desk.archive.verify()
    assert isinstance(found, Intact), found
    assert found.checkpoint.size == size
