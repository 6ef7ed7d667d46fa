"""The one look for waiting work: it wakes the loop that has some, and no other."""

import logging
import threading

import pytest

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.lookout import Lookout
from grace_workers.orchestration.job import JobRequest, Pool

pytestmark = pytest.mark.servers


@pytest.fixture
def engine(database_url):
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def test_a_job_that_waits_to_be_rung_wakes_only_the_relay(engine):
    lookout = Lookout(engine)
    with engine.connect() as connection:
        lookout.look(connection)
    assert not lookout.jobs.wait()
    with PostgresLedger(engine).transaction() as tx:
        tx.jobs.submit([JobRequest(name="system.noop", pool=Pool.HEALING)])
    with engine.connect() as connection:
        lookout.look(connection)
    assert lookout.jobs.wait()
    assert not lookout.events.wait()


def test_who_waits_is_woken_at_the_end(engine):
    lookout, stop = Lookout(engine), threading.Event()
    thread = threading.Thread(target=lookout.run, args=(stop,))
    thread.start()
    stop.set()
    thread.join(10)
    assert all(news.wait() for news in (lookout.jobs, lookout.events, lookout.entries))


def test_the_fleets_log_says_nothing_about_a_pools_connections(engine, caplog):
    with caplog.at_level(logging.INFO, logger="grace_workers"):
        engine.connect().close()
        engine.dispose()
    assert [one.name for one in caplog.records if one.name.startswith("grace_workers")] == []
