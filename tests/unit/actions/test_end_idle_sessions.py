from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from grace_workers.actions import IdleSession, OutcomeStatus
from grace_workers.actions.primitives.end_idle_sessions import DEFINITION, EndIdleParams
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySessions
from tests.conformance.primitive_cases import InMemory, Real


def session(number: int, *, minutes: int = 20, in_transaction: bool = False) -> IdleSession:
    idle = timedelta(minutes=minutes)
    return IdleSession(number=number, incarnation="one", application="shop", idle=idle, in_transaction=in_transaction)


def in_memory() -> InMemory:
    made = MemorySessions([session(7)])
    return InMemory(role=made, params={}, look=lambda: list(made.sessions), kept=lambda: made.count() > 0)


@contextmanager
def real(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url, role = database_url(), f"app_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(name))
        with closing(psycopg.connect(url, user=role, password="secret", application_name="shop")) as client:
            client.execute("SELECT 1")
            yield Real(
                kind=TargetKind("postgres"),
                connection={"url": url},
                params={"older_than": 0, "in_transaction": True},
                look=lambda: admin.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", [role]).fetchall(),
                kept=lambda: None,
            )
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


@contextmanager
def real_redis(folder: Path) -> Iterator[Real]:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    try:
        with (
            Redis.from_url(server.url) as admin,
            Redis.from_url(server.url, client_name="shop", single_connection_client=True) as client,
        ):

            def look() -> object:
                return [one["id"] for one in admin.client_list(_type="normal") if one["name"] == "shop"]

            client.ping()
            yield Real(
                kind=TargetKind("redis"),
                connection={"url": server.url},
                params={"older_than": 0},
                look=look,
                kept=lambda: None,
            )
    finally:
        server.stop()


def test_the_longest_idle_go_first_and_no_more_than_allowed() -> None:
    made = MemorySessions([session(number, minutes=10 + number) for number in (6, 7, 8, 9)])
    params = EndIdleParams(most=2)
    outcome = DEFINITION.apply(made, params, DEFINITION.snapshot(made, params))
    assert outcome.data == {"ended": 2, "sessions": [9, 8]}
    assert [one.number for one in made.sessions] == [6, 7]


def test_only_the_state_that_is_asked_for_is_ended() -> None:
    made = MemorySessions([session(1), session(2, in_transaction=True)])
    (change,) = DEFINITION.preview(made, EndIdleParams(in_transaction=True)).changes
    assert change == "end session 2 (shop), idle in its transaction for 1200 s"


def test_a_backup_is_spared_and_so_is_what_the_params_name() -> None:
    made = MemorySessions([replace(session(1), application="pg_dump"), session(2)])
    assert len(DEFINITION.preview(made, EndIdleParams()).changes) == 1
    assert len(DEFINITION.preview(made, EndIdleParams(spare=("pg_dump", "shop"))).changes) == 0


def test_a_session_that_was_used_since_the_snapshot_is_not_ended() -> None:
    made, params = MemorySessions([session(1)]), EndIdleParams()
    kept = DEFINITION.snapshot(made, params)
    made.sessions = [replace(session(1), incarnation="two")]
    assert DEFINITION.apply(made, params, kept).status is OutcomeStatus.UNCHANGED
    assert len(made.sessions) == 1


def test_many_sessions_are_not_named_one_by_one() -> None:
    made = MemorySessions([session(number) for number in range(30)])
    changes = DEFINITION.preview(made, EndIdleParams(most=25)).changes
    assert (len(changes), changes[-1]) == (21, "and 5 more sessions")


@pytest.mark.parametrize("raw", [{"most": 0}, {"most": 1001}, {"older_than": -1}, {"spare": ["a\nb"]}, {"sql": "x"}])
def test_params_out_of_bounds_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        EndIdleParams.read(raw, "params")
