"""The ledger's transactions: joined to the caller's own, lost, and claims whose commit was unclear."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine, ping
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer, _Call
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.statement import one
from grace_workers.audit import Entry
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.ids import InstanceName, TargetName
from grace_workers.orchestration.job import Job, JobFailed, JobRequest, Pool, Succeeded
from grace_workers.orchestration.stores.groups import GroupStore

pytestmark = pytest.mark.servers
ALICE = InstanceName("alice")
Submit = Callable[..., Job]
Sql = Callable[..., list[Any]]
REQUEST = JobRequest(name="noop", pool=Pool.CODING)


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_a_job_joined_to_a_psycopg_transaction_shares_its_fate(
    engine: Engine, database_url: str, sql: Sql, ends: str
) -> None:
    sql("CREATE TABLE orders (id integer)")
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute("INSERT INTO orders VALUES (1)")
        PostgresLedger(engine).joined(connection).jobs.submit([REQUEST])
        getattr(connection, ends)()
    kept = 1 if ends == "commit" else 0
    assert sql("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM jobs)") == [(kept, kept)]
    submitted = sql("SELECT count(*) FROM audit_inbox WHERE entry->>'action' = 'job.submitted'")
    assert submitted == [(kept,)]


def test_joining_does_not_end_the_callers_transaction(database_url: str, engine: Engine) -> None:
    fresh = make_engine(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT 1")
        began = connection.execute("SELECT now()").fetchone()
        transaction = PostgresLedger(fresh).joined(connection)
        transaction.jobs.submit([REQUEST])
        del transaction
        assert connection.execute("SELECT now()").fetchone() == began
        assert PostgresLedger(fresh).joined(connection).jobs.get(REQUEST.id).name == "noop"
    fresh.dispose()


def test_a_job_joined_to_a_sqlalchemy_transaction_shares_its_fate(engine: Engine, sql: Sql) -> None:
    with engine.connect() as connection:
        PostgresLedger(engine).joined(connection).jobs.submit([REQUEST])
        connection.rollback()
    assert sql("SELECT count(*) FROM jobs") == [(0,)]
    with engine.connect() as connection:
        PostgresLedger(engine).joined(connection).jobs.submit([REQUEST])
        connection.commit()
    assert sql("SELECT count(*) FROM jobs") == [(1,)]


def test_where_one_may_only_read_nothing_is_written_or_locked(ledger: PostgresLedger, sql: Sql) -> None:
    rows = "SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM audit_inbox)"
    before = sql(rows)
    with pytest.raises(AssertionError, match="may only read: INSERT INTO jobs"), ledger.reading() as tx:
        tx.jobs.submit([REQUEST])
    with pytest.raises(AssertionError, match="may only read: SELECT pg_advisory"), ledger.reading() as tx:
        tx[GroupStore].lock({TargetName("shop")})
    with pytest.raises(InputError, match="AUTOCOMMIT"), ledger.reading() as tx:
        tx.audit.append(Entry(at=datetime.now(UTC), actor="test", action="job.tried", subject="job:1"))
    assert sql(rows) == before


def test_a_reading_sees_what_is_committed_when_it_asks(ledger: PostgresLedger) -> None:
    with ledger.reading() as before:
        with ledger.transaction() as tx:
            tx.jobs.submit([REQUEST])
        assert before.jobs.get(REQUEST.id).name == "noop"


def test_a_connection_keeps_its_prepared_statements(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=1)
    ledger = PostgresLedger(engine)
    try:
        for _ in range(10):
            with ledger.reading() as tx:
                tx.jobs.find(limit=1)
        ping(engine)
        with ledger.reading() as tx:
            assert one(tx.connection, "SELECT count(*) FROM pg_prepared_statements", {})[0] > 0
    finally:
        engine.dispose()


def test_a_claim_whose_answer_was_lost_recognises_itself(engine: Engine, submit: Submit) -> None:
    claimer = PostgresJobClaimer(engine)
    call = _Call(job_id=submit().id, instance=ALICE, bell=None, pool=None)
    first = claimer._claim(call)
    assert first is not None
    assert claimer._claim(call) == first
    assert claimer._claim(replace(call, nonce=uuid4())) is None


def test_an_ending_whose_answer_was_lost_is_found_again(engine: Engine, submit: Submit, sql: Sql) -> None:
    claimer = PostgresJobClaimer(engine)
    claim = claimer.claim(submit().id, ALICE)
    assert claim is not None
    assert claimer.finish(claim, Succeeded()) == claimer.finish(claim, Succeeded())
    assert sql("SELECT count(*) FROM audit_inbox WHERE entry->>'action' = 'job.succeeded'") == [(1,)]


def test_a_claimer_outlives_connections_that_the_server_ends(engine: Engine, submit: Submit, sql: Sql) -> None:
    claimer = PostgresJobClaimer(engine)
    held = claimer.claim(submit().id, ALICE)
    assert held is not None
    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    assert claimer.finish(held, Succeeded()) is not None


def test_endings_of_many_threads_are_each_recorded_once_with_their_entry(
    engine: Engine, submit: Submit, sql: Sql
) -> None:
    claimer = PostgresJobClaimer(engine)
    ids = [submit().id for _ in range(40)]

    def work(mine: list[Any]) -> None:
        for job_id in mine:
            claim = claimer.claim(job_id, ALICE)
            assert claim is not None
            assert claimer.finish(claim, Succeeded(result={"attempt": claim.attempt})) is not None

    for _round in range(2):
        # Threads of the second round use connections that those of the first have left.
        threads = [threading.Thread(target=work, args=(ids[number::4],)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = [submit().id for _ in range(40)]
    assert sql("SELECT count(*) FROM jobs WHERE state = 'succeeded' AND (result->>'attempt')::int = 1") == [(80,)]
    entries = "SELECT count(DISTINCT entry->>'subject'), count(*) FROM audit_inbox"
    assert sql(f"{entries} WHERE entry->>'action' = 'job.succeeded'") == [(80, 80)]


def test_a_fenced_ending_leaves_no_gap_in_the_writers_stream(engine: Engine, submit: Submit, sql: Sql) -> None:
    claimer = PostgresJobClaimer(engine)
    claims = [claimer.claim(submit().id, ALICE) for _ in range(3)]
    sql(f"UPDATE jobs SET attempt = attempt + 1 WHERE id = '{claims[1].job.id}'")
    endings = [claimer.finish(claim, Succeeded()) for claim in claims]
    assert [ending is None for ending in endings] == [False, True, False]
    numbers = "SELECT (entry->>'wn')::int FROM audit_inbox WHERE entry->>'action' = 'job.succeeded' ORDER BY id"
    assert sql(numbers) == [(0,), (1,)]


def test_an_ending_behind_a_locked_row_delays_no_other(
    engine: Engine, submit: Submit, database_url: str, sql: Sql
) -> None:
    claimer = PostgresJobClaimer(engine)
    first, second = (claimer.claim(submit().id, ALICE) for _ in range(2))
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (first.job.id,))
        waits = threading.Thread(target=claimer.finish, args=(first, Succeeded()))
        waits.start()
        assert claimer.finish(second, Succeeded()) is not None
    waits.join()
    assert sql("SELECT count(*) FROM jobs WHERE state = 'succeeded'") == [(2,)]


def test_an_error_with_half_a_character_is_recorded(engine: Engine, submit: Submit) -> None:
    claimer = PostgresJobClaimer(engine)
    job = claimer.finish(claimer.claim(submit().id, ALICE), JobFailed(error="half \ud800 and \x00"))
    assert job is not None
    assert job.error == "half ? and \ufffd"


def test_a_database_out_of_reach_is_a_passing_trouble() -> None:
    engine = make_engine("postgresql://grace@127.0.0.1:1/grace")
    with pytest.raises(TransientError, match="did not answer"), PostgresLedger(engine).transaction():
        pass
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["mysql://grace:hidden@host/name", "no url: hidden", "postgresql://grace:hidden@host:port/x"]
)
def test_a_url_of_something_else_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InputError) as refused:
        make_engine(url)
    assert "hidden" not in str(refused.value)


def test_both_spellings_of_the_scheme_are_understood() -> None:
    for url in ("postgres://grace@host/name", "postgresql://grace@host/name", "postgresql+psycopg://grace@host/name"):
        assert make_engine(url).url.drivername == "postgresql+psycopg"
