"""A transaction whose process went silent: the database ends it, its locks are free, and the process may try again."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres.audit.store import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.statement import many, one, run, run_all, run_each, stream
from grace_workers.audit import Entry
from grace_workers.fleet import LEASE_TTL
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from tests.waiting import until

pytestmark = pytest.mark.servers
SOON = timedelta(milliseconds=200)
ACT = """
INSERT INTO schedule_slots (entry, slot_at, job_id, fired_at)
SELECT 'tick', t, gen_random_uuid(), t FROM clock_timestamp() t
"""
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 4242"


def test_the_locks_of_a_silent_transaction_are_free_soon_and_its_process_may_try_again(database_url):
    silent, other = make_engine(database_url, idle_timeout=SOON), make_engine(database_url)
    with silent.connect() as connection, other.connect() as looking:
        connection.execute(text("SELECT pg_advisory_xact_lock(4242)"))
        until(lambda: looking.execute(text(HELD)).scalar_one() == 0, within=5)
        with pytest.raises(TransientError), translated():
            connection.execute(text("SELECT 1"))
    with translated(), silent.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    silent.dispose()
    other.dispose()


ROWS = [{"number": 1}, {"number": 2}, {"number": 3}]
EACH, ALL = "SELECT %(number)s::integer", "SELECT unnest(%(number)s::integer[])"
ENTRY = Entry(at=datetime.now(UTC), actor="test", action="job.done", subject="job:1", data={"took": 0.25})
WAYS = {
    "one": lambda connection: one(connection, EACH, ROWS[0]),
    "many": lambda connection: many(connection, EACH, ROWS[0]),
    "run": lambda connection: run(connection, EACH, ROWS[0]),
    "run_all": lambda connection: run_all(connection, ALL, ROWS),
    "run_each": lambda connection: run_each(connection, EACH, ROWS),
    "stream": lambda connection: next(stream(connection, ALL, {"number": [1, 2, 3]})),
    "audit": lambda connection: PostgresAuditAppender(connection).append_all([ENTRY] * 3),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_transaction_that_falls_silent_is_ended_whatever_it_did_last(database_url, way):
    silent, other = make_engine(database_url, idle_timeout=SOON), make_engine(database_url)
    with silent.connect() as connection, other.connect() as looking:
        run(connection, "SELECT pg_advisory_xact_lock(4242)", {})
        way(connection)
        until(lambda: looking.execute(text(HELD)).scalar_one() == 0, within=5)
        connection.invalidate()
    silent.dispose()
    other.dispose()


def test_a_leader_that_falls_silent_in_an_act_undoes_it_and_costs_its_successor_no_time(database_url):
    engine, others = make_engine(database_url), make_engine(database_url)
    frozen, heir = LeaderLease(engine, InstanceName("old:1")), LeaderLease(others, InstanceName("heir:1"))
    assert frozen.hold_once()

    def act_and_freeze() -> None:
        with translated(), engine.begin() as connection:
            frozen.confirm(connection)
            run(connection, ACT, {})
            began = time.monotonic()
            until(heir.hold_once, within=5)
            assert time.monotonic() - began < LEASE_TTL.total_seconds() + 0.5
            run(connection, ACT, {})

    with pytest.raises(TransientError):
        act_and_freeze()
    with others.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM schedule_slots")).scalar_one() == 0
    engine.dispose()
    others.dispose()


def test_the_next_leader_waits_for_the_act_in_progress(database_url):
    engine = make_engine(database_url)
    leader, heir = LeaderLease(engine, InstanceName("old:1")), LeaderLease(engine, InstanceName("heir:1"))
    assert leader.hold_once()
    with ThreadPoolExecutor(1) as hands:
        with engine.begin() as connection:
            leader.confirm(connection)
            taken = hands.submit(until, heir.hold_once, within=5)
            run(connection, "SELECT pg_sleep(1.3)", {})
            assert not taken.done()
        taken.result()
    assert not leader.hold_once()
    engine.dispose()
