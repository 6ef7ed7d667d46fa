from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions.primitives.analyze_table import DEFINITION, AnalyzeParams
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real
from tests.waiting import until


def in_memory() -> InMemory:
    console = MemoryConsole(tables={"orders": (0, 100)}, changed={"orders": 60})
    return InMemory(
        role=console,
        params={"table": "orders"},
        look=lambda: dict(console.changed),
        kept=lambda: console.live_tuples("orders"),
    )


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url = database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 5000)")
        session.execute("SELECT pg_stat_force_next_flush()")

        def look() -> object:
            return session.execute("SELECT n_mod_since_analyze FROM pg_stat_user_tables").fetchall()

        def rows() -> object:
            return session.execute("SELECT count(*) FROM orders").fetchall()

        until(lambda: look() == [(5000,)], within=10)
        yield Real(
            kind=TargetKind("postgres"), connection={"url": url}, params={"table": "orders"}, look=look, kept=rows
        )


def test_the_outcome_says_how_many_changes_the_statistics_had_missed() -> None:
    console, params = in_memory().role, AnalyzeParams(table="orders")
    outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert (outcome.data, outcome.detail) == ({"changed": 0}, "analyzed orders: 0 rows changed since (was 60)")


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(NotFoundError, match="ghosts"):
        DEFINITION.preview(MemoryConsole(), AnalyzeParams(table="ghosts"))


def test_a_dropped_table_is_not_restored() -> None:
    console, params = in_memory().role, AnalyzeParams(table="orders")
    kept = DEFINITION.snapshot(console, params)
    console.tables.clear()
    assert DEFINITION.restored(console, params, kept) is False


@pytest.mark.parametrize("table", ["", "a b", "orders; DROP TABLE x", "a.b.c", "--verbose", "orders\n", 'a"b'])
def test_a_name_that_is_no_table_is_refused(table: str) -> None:
    with pytest.raises(InputError, match="table"):
        AnalyzeParams.read({"table": table}, "params")
