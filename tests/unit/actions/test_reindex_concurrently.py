from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.reindex_concurrently import DEFINITION, ReindexParams
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real


def in_memory() -> InMemory:
    console = MemoryConsole(indexes={"orders_id": (100_000, 16_384)})
    return InMemory(
        role=console,
        params={"index": "orders_id"},
        look=lambda: dict(console.indexes),
        kept=lambda: set(console.indexes),
    )


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url = database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 20000)")
        session.execute("CREATE INDEX orders_id ON orders (id)")
        session.execute("DELETE FROM orders WHERE id > 10")

        def look() -> object:
            return session.execute("SELECT pg_relation_size('orders_id')").fetchall()

        def rows() -> object:
            return session.execute("SELECT array_agg(id ORDER BY id) FROM orders").fetchall()

        yield Real(
            kind=TargetKind("postgres"), connection={"url": url}, params={"index": "orders_id"}, look=look, kept=rows
        )


def test_the_outcome_says_what_the_rebuild_saved() -> None:
    console, params = in_memory().role, ReindexParams(index="orders_id")
    outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert outcome.detail == "index orders_id now has 16384 bytes (was 100000)"


def test_restore_drops_what_an_interrupted_rebuild_left() -> None:
    console, params = in_memory().role, ReindexParams(index="orders_id")
    kept = DEFINITION.snapshot(console, params)
    console.leftovers["orders_id"] = ("orders_id_ccnew",)
    assert "orders_id_ccnew" in DEFINITION.preview(console, params).changes[0]
    assert DEFINITION.restored(console, params, kept) is False
    assert DEFINITION.restore(console, params, kept).status is OutcomeStatus.DONE
    assert DEFINITION.restored(console, params, kept) is True


def test_a_dropped_index_is_not_restored() -> None:
    console, params = in_memory().role, ReindexParams(index="orders_id")
    kept = DEFINITION.snapshot(console, params)
    console.indexes.clear()
    assert DEFINITION.restored(console, params, kept) is False


def test_an_unknown_index_is_named() -> None:
    with pytest.raises(NotFoundError, match="ghosts"):
        DEFINITION.snapshot(MemoryConsole(), ReindexParams(index="ghosts"))


@pytest.mark.parametrize("index", ["", "a b", "x; DROP TABLE y", "a.b.c", "--all", "x\n", 'a"b'])
def test_a_name_that_is_no_index_is_refused(index: str) -> None:
    with pytest.raises(InputError, match="index"):
        ReindexParams.read({"index": index}, "params")
