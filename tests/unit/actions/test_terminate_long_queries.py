import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from grace_workers.actions import OutcomeStatus, RunningQuery
from grace_workers.actions.primitives.terminate_long_queries import DEFINITION, TerminateQueriesParams
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory, Real
from tests.waiting import until


def query(pid: int, *, minutes: int = 10, wrote: bool = False, begun: str = "first") -> RunningQuery:
    return RunningQuery(
        pid=pid, incarnation="one", begun=begun, age=timedelta(minutes=minutes), wrote=wrote, application="shop"
    )


def in_memory() -> InMemory:
    console = MemoryConsole(running=[query(7)])
    return InMemory(
        role=console, params={}, look=lambda: list(console.running), kept=lambda: console.session_count() > 0
    )


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url, role = database_url(), f"app_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(name))
        with psycopg.connect(url, user=role, password="secret", application_name="shop") as client:
            thread = threading.Thread(target=_wait, args=(client,))
            thread.start()

            def look() -> object:
                found = "SELECT pid, query_start FROM pg_stat_activity WHERE usename = %s AND state = 'active'"
                return admin.execute(found, [role]).fetchall()

            def sessions() -> object:
                return admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [role]).fetchall()

            try:
                until(look, within=10)
                yield Real(
                    kind=TargetKind("postgres"),
                    connection={"url": url},
                    params={"older_than": 0},
                    look=look,
                    kept=sessions,
                )
            finally:
                client.cancel_safe()
                thread.join(timeout=20)
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


def _wait(client: psycopg.Connection) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        client.execute("SELECT pg_sleep(600)")


def test_the_longest_go_first_and_no_more_than_allowed() -> None:
    console = MemoryConsole(running=[query(pid, minutes=pid) for pid in (6, 7, 8, 9)])
    params = TerminateQueriesParams(most=2)
    outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
    assert outcome.data == {"cancelled": 2, "pids": [9, 8]}


def test_what_has_written_is_spared_unless_it_is_asked_for() -> None:
    console = MemoryConsole(running=[query(1, wrote=True)])
    assert DEFINITION.preview(console, TerminateQueriesParams()).changes == ()
    (change,) = DEFINITION.preview(console, TerminateQueriesParams(also_writing=True)).changes
    assert change.endswith("has run for 600 s and has changed something")


def test_a_backup_is_spared_and_so_is_what_the_params_name() -> None:
    console = MemoryConsole(running=[replace(query(1), application="pg_dump"), query(2)])
    assert len(DEFINITION.preview(console, TerminateQueriesParams()).changes) == 1
    assert len(DEFINITION.preview(console, TerminateQueriesParams(spare=("pg_dump", "shop"))).changes) == 0


def test_the_next_statement_of_the_same_session_is_not_terminated() -> None:
    console, params = MemoryConsole(running=[query(1)]), TerminateQueriesParams()
    kept = DEFINITION.snapshot(console, params)
    console.running = [query(1, begun="second")]
    assert DEFINITION.apply(console, params, kept).status is OutcomeStatus.UNCHANGED
    assert len(console.running) == 1


@pytest.mark.parametrize("raw", [{"most": 0}, {"most": 101}, {"older_than": -1}, {"spare": ["a\nb"]}, {"sql": "x"}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        TerminateQueriesParams.read(raw, "params")
