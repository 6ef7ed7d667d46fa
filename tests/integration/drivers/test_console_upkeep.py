"""A real PostgreSQL: long statements are found and cancelled, indexes rebuilt, and leftovers cleared."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.waiting import until

pytestmark = pytest.mark.servers
NOW = timedelta(0)


@pytest.fixture
def url(empty_database_url: str) -> str:
    with psycopg.connect(empty_database_url, autocommit=True) as admin:
        admin.execute("CREATE TABLE stock (id int, count int)")
        admin.execute("INSERT INTO stock SELECT id, 10 FROM generate_series(1, 500) AS id")
        admin.execute("CREATE INDEX stock_id ON stock (id)")
    return empty_database_url


@pytest.fixture
def plain(url: str) -> Iterator[str]:
    """A login without rights beyond the table."""
    role = f"plain_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(name))
        admin.execute(sql.SQL("GRANT SELECT, UPDATE ON stock TO {}").format(name))
        yield role
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [role])
        admin.execute(sql.SQL("DROP OWNED BY {}").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def console(url: str) -> PostgresConsole:
    return PostgresConsole(url)


@contextmanager
def running(url: str, *statements: str, **login: str) -> Iterator[psycopg.Connection]:
    """A session whose last statement runs until it is ended, in a separate thread."""
    session = psycopg.connect(url, **login)  # type: ignore[arg-type]

    def run() -> None:
        with suppress(psycopg.Error):
            for statement in statements:
                session.execute(statement)  # type: ignore[call-overload]

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield session
    finally:
        session.cancel_safe()
        thread.join(timeout=20)
        session.close()


def login(plain: str) -> dict[str, str]:
    return {"user": plain, "password": "secret", "application_name": "shop"}


def test_a_cancelled_statement_ends_and_its_session_continues(console: PostgresConsole, url: str, plain: str) -> None:
    with running(url, "SELECT pg_sleep(600)", **login(plain)) as session:
        (found,) = until(lambda: console.long_queries(NOW), within=10)
        assert (found.application, found.wrote, console.query_runs(found)) == ("shop", False, True)
        assert console.cancel_query(found)
        assert (console.query_runs(found), console.cancel_query(found)) == (False, False)
        session.rollback()
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_statement_whose_transaction_has_changed_something_says_so(
    console: PostgresConsole, url: str, plain: str
) -> None:
    with running(url, "UPDATE stock SET count = 1 WHERE id = 1", "SELECT pg_sleep(600)", **login(plain)):
        assert until(lambda: [one for one in console.long_queries(NOW) if one.wrote], within=10)


def test_statements_of_superusers_and_our_own_are_left_alone(console: PostgresConsole, url: str, plain: str) -> None:
    ours = {**login(plain), "application_name": "grace-node"}
    with running(url, "SELECT pg_sleep(600)"), running(url, "SELECT pg_sleep(600)", **ours):
        with psycopg.connect(url, autocommit=True) as admin:
            sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
            until(lambda: admin.execute(sleeping).fetchone() == (2,), within=10)
        assert list(console.long_queries(NOW)) == []


@pytest.mark.fleet
def test_a_rebuild_drops_what_an_interrupted_one_left(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url) as holder:
        holder.execute("UPDATE stock SET count = 2 WHERE id = 1")
        # The open transaction keeps the rebuild waiting, so that it gives up in the middle.
        with pytest.raises(TransientError, match="lock timeout"):
            console.reindex("stock_id")
    assert list(console.index_leftovers("stock_id")) == ["stock_id_ccnew"]
    console.reindex("public.stock_id")
    assert list(console.index_leftovers("stock_id")) == []


def test_a_rebuild_of_another_session_is_not_disturbed(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url) as holder:
        holder.execute("UPDATE stock SET count = 2 WHERE id = 1")
        builder = psycopg.connect(url, autocommit=True)
        thread = threading.Thread(target=builder.execute, args=("REINDEX INDEX CONCURRENTLY stock_id",))
        thread.start()
        try:
            until(lambda: console.index_leftovers("stock_id"), within=10)
            with pytest.raises(TransientError, match="being built"):
                console.drop_index_leftovers("stock_id")
        finally:
            holder.rollback()
            thread.join(timeout=30)
            builder.close()
    assert list(console.index_leftovers("stock_id")) == []


def test_an_index_with_a_similar_name_is_not_treated_as_a_leftover(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE INDEX stock_id_ccnew ON stock (id)")
        admin.execute("CREATE INDEX stock_id_two ON stock (count)")
        admin.execute("CREATE INDEX stock_id_two_ccnew ON stock (count)")
        admin.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'stock_id_two_ccnew'::regclass")
    assert list(console.index_leftovers("stock_id")) == []
    assert console.drop_index_leftovers("stock_id_two") == 1


@pytest.mark.parametrize("name", ["a b", "a;b", "a.b.c", "--all", "", "a\n"])
def test_a_name_that_is_no_index_is_refused(console: PostgresConsole, name: str) -> None:
    with pytest.raises(InputError, match="index"):
        console.reindex(name)


def test_the_documented_rights_suffice_and_missing_ones_are_reported(url: str, plain: str) -> None:
    console = PostgresConsole(make_conninfo(url, user=plain, password="secret"))
    with pytest.raises(PermanentError, match="not analyzed"):
        console.analyze("stock")
    with pytest.raises(PermanentError, match="privilege"):
        console.reindex("stock_id")
    with psycopg.connect(url, autocommit=True) as admin:
        rights = sql.SQL("GRANT pg_monitor, pg_signal_backend, pg_maintain TO {}")
        admin.execute(rights.format(sql.Identifier(plain)))
    console.analyze("stock")
    console.reindex("stock_id")
    assert console.changed_tuples("stock") == 0
