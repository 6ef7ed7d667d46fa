"""The clock that the fleet shares: the database's time, whatever this machine's clock says, and never an error."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.adapters.postgres.engine import make_engine

pytestmark = pytest.mark.servers
CLOSE = timedelta(milliseconds=500)


def test_it_shows_the_databases_time_and_advances_between_two_looks(database_url):
    engine = make_engine(database_url)
    clock = DatabaseClock(engine)
    with engine.connect() as connection:
        for _ in range(3):
            before = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            told = clock.now()
            assert told.tzinfo is UTC
            assert abs(told - before) < CLOSE
    engine.dispose()


def test_two_readings_never_go_back(database_url):
    engine = make_engine(database_url)
    clock = DatabaseClock(engine)
    readings = [clock.now() for _ in range(200)]
    assert readings == sorted(readings)
    assert clock.monotonic() <= clock.monotonic()
    engine.dispose()


def test_without_a_database_it_shows_the_machines_time():
    engine = make_engine("postgresql://grace@127.0.0.1:1/grace")
    assert abs(DatabaseClock(engine).now() - datetime.now(UTC)) < CLOSE
    engine.dispose()
