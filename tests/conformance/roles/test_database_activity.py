"""What every `DatabaseActivity` promises. A stand is a database whose table `orders` one session holds from another."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import ActiveStatement, DatabaseActivity, LockWait, TableUse
from grace_workers.testing import MemoryActivity
from tests.conformance.roles.implementations import implementations, stand

_WAITS = "SELECT ?, id FROM orders WHERE id = ?"


def _memory() -> MemoryActivity:
    age = timedelta(seconds=1)
    return MemoryActivity(
        statements=[ActiveStatement(statement=_WAITS, age=age, waits_for="Lock: relation", application="")],
        waits=[
            LockWait(statement=_WAITS, age=age, wanted="AccessShareLock on orders", held_by=["7 idle in transaction"])
        ],
        stored=[TableUse(table="public.orders", size=8192, dead=40, live=60, vacuumed_at=None)],
    )


@pytest.fixture(params=implementations(DatabaseActivity))
def database(request: pytest.FixtureRequest) -> Iterator[DatabaseActivity]:
    if request.param == "memory":
        yield _memory()
        return
    with stand(request.param, DatabaseActivity, request) as made:
        yield made


def test_a_statement_that_waits_is_shown_without_its_values(database: DatabaseActivity) -> None:
    (one,) = database.running(5)
    assert (one.statement, one.waits_for) == (_WAITS, "Lock: relation")
    assert one.age >= timedelta(0)


def test_a_wait_names_what_is_wanted_and_who_holds_it(database: DatabaseActivity) -> None:
    (one,) = database.waiting(5)
    assert (one.statement, one.wanted) == (_WAITS, "AccessShareLock on orders")
    assert "idle in transaction" in one.held_by[0]


def test_tables_come_with_their_dead_rows_and_their_size(database: DatabaseActivity) -> None:
    (one,) = database.tables(5)
    assert (one.table, one.dead, one.live, one.vacuumed_at) == ("public.orders", 40, 60, None)
    assert 0 <= one.size <= database.size()


def test_a_server_without_replicas_has_none_and_says_when_it_read_its_configuration(database: DatabaseActivity) -> None:
    assert list(database.replicas(5)) == []
    said = database.settings()
    assert said.loaded_at >= said.started_at - timedelta(seconds=10)
    assert list(said.pending) == []


def test_no_more_are_returned_than_were_asked_for(database: DatabaseActivity) -> None:
    assert [len(found) for found in (database.running(0), database.waiting(0), database.tables(0))] == [0, 0, 0]
    assert not database.costly(0)
