import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from grace_workers.actions import Blocker, OutcomeStatus, SqlConsole
from grace_workers.actions.primitives.clear_database_locks import DEFINITION, ClearLocksParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real, role_of
from tests.waiting import until


def blocker(pid: int, *, waiting: int = 1, age: int = 60, incarnation: str = "first") -> Blocker:
    return Blocker(
        pid=pid,
        incarnation=incarnation,
        waiting=waiting,
        transaction_age=timedelta(seconds=age),
        state="idle in transaction",
        application="shop",
    )


def in_memory() -> InMemory:
    console = MemoryConsole(blocking=[blocker(7, waiting=3)])
    return InMemory(
        role=console,
        params={"older_than": 30},
        look=lambda: list(console.blocking),
        kept=lambda: console.session_count() > 0,
    )


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    with lock_queue(database_url()) as url:
        console = role_of(TargetKind("postgres"), {"url": url}, SqlConsole, folder)

        def look() -> object:
            return [(one.pid, one.incarnation, one.waiting) for one in console.blockers(timedelta(0))]

        until(look, within=10)
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url},
            params={"older_than": 0},
            look=look,
            kept=lambda: console.session_count() > 0,
        )


@contextmanager
def lock_queue(url: str) -> Iterator[str]:
    """Yield the address of a database where a plain user's open transaction keeps another session waiting."""
    role = f"app_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
        admin.execute("CREATE TABLE stock (id int PRIMARY KEY, count int)")
        admin.execute("INSERT INTO stock VALUES (1, 10)")
        admin.execute(sql.SQL("GRANT ALL ON stock TO {}").format(sql.Identifier(role)))
        with psycopg.connect(url, user=role, password="secret", application_name="shop") as holder:
            holder.execute("UPDATE stock SET count = 9")
            waiter = threading.Thread(target=_wait_for_lock, args=(url, role))
            waiter.start()
            try:
                yield url
            finally:
                holder.close()
                waiter.join(timeout=20)
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _wait_for_lock(url: str, role: str) -> None:
    with psycopg.connect(url, user=role, password="secret", application_name="shop") as session:
        session.execute("UPDATE stock SET count = count - 1")


def test_only_blockers_older_than_the_limit_are_ended() -> None:
    console = MemoryConsole(blocking=[blocker(1, age=10), blocker(2, age=60)])
    params = ClearLocksParams(older_than=timedelta(seconds=30))
    DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert [one.pid for one in console.blocking] == [1]


def test_no_more_sessions_are_ended_than_allowed_and_the_worst_go_first() -> None:
    console = MemoryConsole(blocking=[blocker(pid, waiting=pid) for pid in range(1, 5)])
    params = ClearLocksParams(most=2)
    outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert outcome.data == {"ended": 2, "pids": [4, 3]}
    assert {1, 2} == {one.pid for one in console.blocking}


def test_a_session_that_came_after_the_snapshot_is_not_ended() -> None:
    console = MemoryConsole(blocking=[blocker(1)])
    kept = DEFINITION.snapshot(console, ClearLocksParams())
    console.blocking = [blocker(1, incarnation="second"), blocker(2)]
    assert DEFINITION.apply(console, ClearLocksParams(), kept).status is OutcomeStatus.UNCHANGED
    assert len(console.blocking) == 2


def test_the_preview_names_pid_application_and_waiters() -> None:
    console = MemoryConsole(blocking=[blocker(42, waiting=3)])
    preview = DEFINITION.preview(console, ClearLocksParams())
    assert "session 42 (shop" in preview.changes[0]
    assert preview.blast.count == 1
    assert preview.blast.share == pytest.approx(1 / 5)


def test_without_blockers_nothing_is_done() -> None:
    console = MemoryConsole()
    outcome = DEFINITION.apply(console, ClearLocksParams(), DEFINITION.snapshot(console, ClearLocksParams()))
    assert outcome.status is OutcomeStatus.UNCHANGED


@pytest.mark.parametrize("raw", [{"most": 0}, {"most": 101}, {"older_than": -1}, {"pid": 1}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ClearLocksParams.read(raw, "params")


def test_a_session_at_work_is_spared_unless_it_is_asked_for() -> None:
    dump = replace(blocker(9), state="active", application="pg_dump")
    console = MemoryConsole(blocking=[dump])
    assert DEFINITION.preview(console, ClearLocksParams()).changes == ()

    everything = ClearLocksParams(also_active=True)
    outcome = DEFINITION.apply(console, everything, DEFINITION.snapshot(console, everything))

    assert outcome.data["pids"] == [9]
