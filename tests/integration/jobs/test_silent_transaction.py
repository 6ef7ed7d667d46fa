"""A transaction whose process fell silent: the database ends it, its locks are free, and the process may try again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.foundation.errors import TransientError
from tests.waiting import until

pytestmark = pytest.mark.servers
SOON = timedelta(milliseconds=200)
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
