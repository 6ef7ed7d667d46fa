"""What every `SqlConsole` promises. A stand is a quiet database with 60 live and 40 dead rows in `orders`.

The table was never analyzed and has the index `orders_id`."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from grace_workers.actions import RunningQuery, SqlConsole
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryConsole
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(SqlConsole))
def console(request: pytest.FixtureRequest) -> Iterator[SqlConsole]:
    if request.param == "memory":
        yield MemoryConsole(
            tables={"orders": (40, 60)},
            pending=5_000_000,
            changed={"orders": 100},
            indexes={"orders_id": (16384, 16384)},
        )
        return
    with stand(request.param, SqlConsole, request) as made:
        yield made


def test_vacuum_frees_the_dead_rows(console: SqlConsole) -> None:
    assert (console.dead_tuples("orders"), console.live_tuples("orders")) == (40, 60)
    console.vacuum("orders", analyze=True)
    console.vacuum("orders", analyze=False)
    assert (console.dead_tuples("orders"), console.live_tuples("orders")) == (0, 60)


def test_an_unknown_table_has_no_rows_to_count(console: SqlConsole) -> None:
    for ask in (console.dead_tuples, console.live_tuples):
        with pytest.raises(NotFoundError, match="ghost"):
            ask("ghost")


def test_after_a_checkpoint_little_is_to_be_replayed(console: SqlConsole) -> None:
    console.checkpoint()
    assert console.bytes_since_checkpoint() < 1_000_000


def test_a_quiet_database_has_no_waiting_session(console: SqlConsole) -> None:
    assert console.lock_waiters() == 0
    assert console.blockers(timedelta(0)) == []
    assert console.session_count() >= 1
    assert not console.session_exists(1, "never")


def test_analyze_learns_of_every_change(console: SqlConsole) -> None:
    assert console.changed_tuples("orders") >= 100
    console.analyze("orders")
    assert console.changed_tuples("orders") == 0


def test_an_unknown_table_is_neither_counted_nor_analyzed(console: SqlConsole) -> None:
    for ask in (console.changed_tuples, console.analyze):
        with pytest.raises(NotFoundError, match="ghost"):
            ask("ghost")


def test_an_index_is_there_after_a_rebuild(console: SqlConsole) -> None:
    assert console.index_bytes("orders_id") > 0
    console.reindex("orders_id")
    assert console.index_bytes("orders_id") > 0
    assert (list(console.index_leftovers("orders_id")), console.drop_index_leftovers("orders_id")) == ([], 0)


def test_an_unknown_index_is_an_error(console: SqlConsole) -> None:
    for ask in (console.index_bytes, console.reindex, console.index_leftovers, console.drop_index_leftovers):
        with pytest.raises(NotFoundError, match="ghost"):
            ask("ghost")


def test_a_quiet_database_has_no_long_query(console: SqlConsole) -> None:
    assert list(console.long_queries(timedelta(0))) == []
    gone = RunningQuery(pid=1, incarnation="never", begun="never", age=timedelta(1), wrote=False, application="")
    assert (console.query_runs(gone), console.cancel_query(gone)) == (False, False)
