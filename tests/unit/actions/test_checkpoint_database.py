from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from grace_workers.actions import SqlConsole
from grace_workers.actions.primitives.checkpoint_database import DEFINITION, CheckpointParams
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real, role_of


def in_memory() -> InMemory:
    console = MemoryConsole(pending=100)
    return InMemory(role=console, params={}, look=lambda: console.pending, kept=lambda: dict(console.tables))


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url = database_url()
    console = role_of(TargetKind("postgres"), {"url": url}, SqlConsole, folder)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 20000)")
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url},
            params={},
            # Every checkpoint has its own position, so only the bytes left to replay can be the same twice.
            look=lambda: "much" if console.bytes_since_checkpoint() > 500_000 else "little",
            kept=lambda: session.execute("SELECT count(*) FROM orders").fetchall(),
        )


def test_the_outcome_says_how_much_a_crash_would_have_replayed() -> None:
    console = MemoryConsole(pending=4096)
    kept = DEFINITION.snapshot(console, CheckpointParams())
    outcome = DEFINITION.apply(console, CheckpointParams(), kept)
    assert "(was 4096)" in outcome.detail
    assert outcome.data == {"pending_bytes": 0}


def test_the_preview_loses_nothing() -> None:
    assert DEFINITION.preview(MemoryConsole(pending=1), CheckpointParams()).blast.share == 0
