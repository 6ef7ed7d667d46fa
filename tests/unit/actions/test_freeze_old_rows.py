from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.freeze_old_rows import DEFINITION, FreezeParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTransactionIds
from tests.conformance.primitive_cases import InMemory, Real

OLD = "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm', 't') AND age(relfrozenxid) >= 300"
WRITE = """
    DO $$ BEGIN
        FOR number IN 1..500 LOOP
            BEGIN INSERT INTO orders VALUES (number); EXCEPTION WHEN division_by_zero THEN NULL; END;
        END LOOP;
    END $$
"""


def ids() -> MemoryTransactionIds:
    return MemoryTransactionIds({"public.orders": 900_000_000, "public.items": 500_000_000, "public.new": 10})


def in_memory() -> InMemory:
    made = ids()
    return InMemory(role=made, params={}, look=lambda: dict(made.ages), kept=lambda: None)


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    del folder
    url = database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute(WRITE)
        others = [name for (name,) in session.execute(OLD).fetchall() if name != "orders"]
        session.execute(f"VACUUM (FREEZE) {', '.join(others)}".encode())
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url},
            params={"older_than": 300},
            look=lambda: session.execute(f"{OLD} AND relname = 'orders'".encode()).fetchall(),
            kept=lambda: session.execute("SELECT id FROM orders ORDER BY id").fetchall(),
        )


def test_the_oldest_go_first_and_no_more_than_allowed() -> None:
    made, params = ids(), FreezeParams(most=1)
    outcome = DEFINITION.apply(made, params, DEFINITION.snapshot(made, params))
    assert outcome.detail == "froze 1 table; the oldest is 0 transactions old"
    assert made.ages == {"public.orders": 0, "public.items": 500_000_000, "public.new": 10}


def test_young_tables_are_left_alone() -> None:
    made, params = ids(), FreezeParams(older_than=1_000_000_000)
    assert DEFINITION.preview(made, params).changes == ()
    assert DEFINITION.apply(made, params, DEFINITION.snapshot(made, params)).status is OutcomeStatus.UNCHANGED


def test_a_table_exactly_as_old_is_frozen_and_one_that_came_later_is_not() -> None:
    made, params = ids(), FreezeParams(older_than=900_000_000)
    kept = DEFINITION.snapshot(made, params)
    made.ages["public.later"] = 950_000_000
    DEFINITION.apply(made, params, kept)
    assert (made.ages["public.orders"], made.ages["public.later"]) == (0, 950_000_000)


def test_a_table_that_something_holds_back_is_told_with_its_age() -> None:
    made, params = ids(), FreezeParams()
    made.held = {"public.orders": 800_000_000}
    outcome = DEFINITION.apply(made, params, DEFINITION.snapshot(made, params))
    assert outcome.data == {"tables": 2, "oldest": 800_000_000}


@pytest.mark.parametrize("raw", [{"older_than": 0}, {"most": 0}, {"most": 10_001}, {"table": "orders"}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        FreezeParams.read(raw, "params")
