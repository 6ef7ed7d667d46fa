from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions import SqlConsole
from grace_workers.actions.primitives.vacuum_database import DEFINITION, VacuumParams
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real, role_of
from tests.waiting import until


def in_memory() -> InMemory:
    console = MemoryConsole(tables={"orders": (50, 100)})
    return InMemory(
        role=console,
        params={"table": "orders"},
        look=lambda: dict(console.tables),
        kept=lambda: console.live_tuples("orders"),
    )


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url = database_url()
    console = role_of(TargetKind("postgres"), {"url": url}, SqlConsole, folder)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 5000)")
        session.execute("DELETE FROM orders WHERE id <= 2000")
        session.execute("SELECT pg_stat_force_next_flush()")
        until(lambda: console.dead_tuples("orders"), within=10)
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url},
            params={"table": "orders"},
            look=lambda: console.dead_tuples("orders"),
            kept=lambda: session.execute("SELECT count(*) FROM orders").fetchall(),
        )


def test_the_dead_rows_go_and_the_live_ones_stay() -> None:
    console = MemoryConsole(tables={"orders": (30, 70)})
    params = VacuumParams(table="orders")
    DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert console.tables == {"orders": (0, 70)}


def test_the_blast_radius_is_the_dead_share() -> None:
    preview = DEFINITION.preview(MemoryConsole(tables={"orders": (30, 70)}), VacuumParams(table="orders"))
    assert (preview.blast.count, preview.blast.share) == (30, 0.3)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(NotFoundError, match="ghosts"):
        DEFINITION.snapshot(MemoryConsole(), VacuumParams(table="ghosts"))


def test_a_dropped_table_is_not_restored() -> None:
    console = MemoryConsole(tables={"orders": (1, 1)})
    params = VacuumParams(table="orders")
    kept = DEFINITION.snapshot(console, params)
    console.tables.clear()
    assert not DEFINITION.restored(console, params, kept)


@pytest.mark.parametrize(
    "table", ["orders; DROP TABLE orders", 'a"b', "", "a.b.c", ".a", "a.", "orders\x00", "orders\n", "1st", "a" * 200]
)
def test_a_name_that_is_no_plain_table_is_refused(table: str) -> None:
    with pytest.raises(InputError, match="table"):
        VacuumParams.read({"table": table}, "params")
