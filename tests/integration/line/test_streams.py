"""An export reads in batches, so that memory stays the same however long the ledger has grown."""

import psutil
import pytest
from sqlalchemy import text

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.statement import BATCH, stream

pytestmark = pytest.mark.servers

ROWS = 100_000
# Of one megabyte to a thousand rows; all of them at once would take some 200 MB.
ALLOWED = 30_000_000

_FILL = """
INSERT INTO jobs (id, name, pool, payload, priority, state, max_attempts, audited, submitted_at, due_at,
    ended_at)
SELECT ('0199a5f0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'system.noop', 'orchestration',
    json_build_object('n', n, 'text', repeat('x', 900)), 5, 'succeeded', 1, false, now(), now(), now()
FROM generate_series(1, :rows) AS n
"""


@pytest.mark.fleet
def test_a_hundred_thousand_jobs_are_read_oldest_first_and_never_held_at_once(database_url: str) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(_FILL), {"rows": ROWS})
    process, seen = psutil.Process(), 0
    before = most = process.memory_info().rss
    with PostgresLedger(engine).transaction() as tx:
        for seen, job in enumerate(tx.jobs.iter_all(), start=1):
            assert job.payload["n"] == seen
            if seen % 1_000 == 0:
                most = max(most, process.memory_info().rss)
    engine.dispose()
    assert seen == ROWS
    assert most - before < ALLOWED


def test_a_stream_may_be_left_early_and_others_read_beside_it(database_url: str) -> None:
    engine = make_engine(database_url)
    numbers = "SELECT n FROM generate_series(1, %(most)s) AS n"
    with engine.begin() as connection:
        one, other = (stream(connection, numbers, {"most": most}) for most in (3 * BATCH, 3))
        assert [next(one)[0], next(other)[0], next(one)[0]] == [1, 1, 2]
        one.close()
        assert [row[0] for row in other] == [2, 3]
    engine.dispose()
