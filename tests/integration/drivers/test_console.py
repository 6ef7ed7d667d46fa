"""A real PostgreSQL: root blockers are found and ended, everyone else is left alone."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from grace_workers.actions.primitives.clear_database_locks import DEFINITION, ClearLocksParams
from grace_workers.drivers.postgres.console import PostgresConsole
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError, TransientError
from tests.waiting import until

pytestmark = pytest.mark.servers
NOW = timedelta(0)


@pytest.fixture
def url(empty_database_url: str) -> str:
    with psycopg.connect(empty_database_url, autocommit=True) as admin:
        admin.execute("CREATE TABLE stock (id int PRIMARY KEY, count int)")
        admin.execute("INSERT INTO stock SELECT id, 10 FROM generate_series(1, 5) AS id")
    return empty_database_url


@pytest.fixture
def plain(url: str) -> Iterator[str]:
    """A login without rights beyond the table."""
    role = f"plain_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(name))
        admin.execute(sql.SQL("GRANT ALL ON stock TO {}").format(name))
        yield role
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [role])
        admin.execute(sql.SQL("DROP OWNED BY {}").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def console(url: str) -> PostgresConsole:
    return PostgresConsole(url)


@contextmanager
def holding(url: str, row: int, **login: str) -> Iterator[psycopg.Connection]:
    """An open transaction that holds a row."""
    session = psycopg.connect(url, **login)  # type: ignore[arg-type]
    session.execute("UPDATE stock SET count = count + 1 WHERE id = %s", [row])
    yield session
    session.close()


class Waiter:
    """A session that waits for a row, in a separate thread; `end` records how that ended."""

    def __init__(self, url: str, rows: tuple[int, ...], **login: str) -> None:
        self.session = psycopg.connect(url, **login)  # type: ignore[arg-type]
        self.end: str | None = None
        self._rows = rows
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        try:
            for row in self._rows:
                self.session.execute("UPDATE stock SET count = count - 1 WHERE id = %s", [row])
            self.session.commit()
            self.end = "went on"
        except psycopg.OperationalError:
            self.end = "was ended"

    def close(self) -> None:
        self._thread.join(timeout=20)
        self.session.close()


def login(plain: str) -> dict[str, str]:
    return {"user": plain, "password": "secret", "application_name": "shop"}


def test_the_root_of_a_chain_is_found_and_all_behind_it_counted(console: PostgresConsole, url: str, plain: str) -> None:
    who = login(plain)
    with ExitStack() as stack:
        root = stack.enter_context(holding(url, 1, **who))
        # The second holds row 2 and waits for row 1; the third waits for row 2.
        second = Waiter(url, (2, 1), **who)
        stack.callback(second.close)
        until(lambda: console.lock_waiters() == 1, within=10)
        third = Waiter(url, (2,), **who)
        stack.callback(third.close)
        found = until(lambda: [one for one in console.blockers(NOW) if one.waiting == 2], within=10)
        assert [root.info.backend_pid] == [one.pid for one in found]
        assert (found[0].state, found[0].application) == ("idle in transaction", "shop")
        params = ClearLocksParams(older_than=NOW)
        outcome = DEFINITION.apply(console, params, DEFINITION.snapshot(console, params))
        assert outcome.data["ended"] == 1
        until(lambda: second.end and third.end, within=10)
        assert (second.end, third.end) == ("went on", "went on")
        assert not console.session_exists(found[0].pid, found[0].incarnation)


def test_a_young_transaction_is_no_blocker_yet(console: PostgresConsole, url: str, plain: str) -> None:
    with holding(url, 1, **login(plain)) as holder, ExitStack() as stack:
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        until(lambda: console.blockers(NOW), within=10)
        assert console.blockers(timedelta(hours=1)) == []
        holder.rollback()


@pytest.mark.parametrize("application", ["grace", "grace-worker"])
def test_our_own_sessions_are_never_ended(console: PostgresConsole, url: str, plain: str, application: str) -> None:
    with holding(url, 1, **{**login(plain), "application_name": application}) as holder, ExitStack() as stack:
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        until(lambda: console.lock_waiters() == 1, within=10)
        assert console.blockers(NOW) == []
        holder.rollback()


def test_a_superusers_session_is_never_ended(console: PostgresConsole, url: str, plain: str) -> None:
    with holding(url, 1, application_name="admin") as holder, ExitStack() as stack:
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        until(lambda: console.lock_waiters() == 1, within=10)
        assert console.blockers(NOW) == []
        holder.rollback()


def test_a_session_that_only_has_the_same_pid_is_not_ended(console: PostgresConsole, url: str, plain: str) -> None:
    with holding(url, 1, **login(plain)) as holder, ExitStack() as stack:
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        (found,) = until(lambda: console.blockers(NOW), within=10)
        assert console.end_session(replace(found, incarnation="2001-01-01T00:00:00.000000")) is False
        assert console.session_exists(found.pid, found.incarnation)
        holder.rollback()


def test_ending_a_session_that_is_gone_is_no_error(console: PostgresConsole, url: str, plain: str) -> None:
    with holding(url, 1, **login(plain)), ExitStack() as stack:
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        (found,) = until(lambda: console.blockers(NOW), within=10)
        assert console.end_session(found) is True
        assert console.end_session(found) is False
        assert not console.session_exists(found.pid, found.incarnation)


def test_a_role_without_the_right_learns_what_it_lacks(url: str, plain: str) -> None:
    weak = PostgresConsole(make_conninfo(url, user=plain, password="secret"))
    with pytest.raises(PermanentError, match="the database refuses"):
        weak.checkpoint()


def test_a_table_that_is_not_ours_is_not_silently_skipped(url: str, plain: str) -> None:
    weak = PostgresConsole(make_conninfo(url, user=plain, password="secret"))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE TABLE closed (id int)")
    with pytest.raises(PermanentError, match="was not vacuumed"):
        weak.vacuum("closed", analyze=True)


def test_vacuum_takes_names_that_need_quotes_and_schemas(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute('CREATE SCHEMA "Shop"')
        admin.execute('CREATE TABLE "Shop"."Order$" (id int)')
    console.vacuum("Shop.Order$", analyze=False)
    assert console.dead_tuples("Shop.Order$") == 0


@pytest.mark.parametrize("table", ["ghost", "nowhere.stock", "Stock"])
def test_an_unknown_table_is_named(console: PostgresConsole, table: str) -> None:
    with pytest.raises(NotFoundError, match=table):
        console.vacuum(table, analyze=True)


@pytest.mark.parametrize("table", ["stock; DROP TABLE stock", 'st"ock', "stock\x00", "a.b.c", "", ".stock", "stock\n"])
def test_a_name_that_is_no_table_is_refused(console: PostgresConsole, table: str) -> None:
    with pytest.raises(InputError, match="not have the form `name`"):
        console.vacuum(table, analyze=True)
    assert console.live_tuples("stock") >= 0


@pytest.mark.fleet
@pytest.mark.timeout(30)
def test_a_locked_table_is_waited_for_five_seconds_and_no_longer(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE stock IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TransientError, match="lock timeout"):
            console.vacuum("stock", analyze=False)


def test_a_checkpoint_leaves_less_to_replay(console: PostgresConsole, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("INSERT INTO stock SELECT id, 0 FROM generate_series(6, 20000) AS id")
    before = console.bytes_since_checkpoint()
    console.checkpoint()
    assert console.bytes_since_checkpoint() < before


def test_an_absent_database_is_an_error_without_its_password() -> None:
    console = PostgresConsole("postgresql://grace:hunter2@127.0.0.1:1/grace")
    with pytest.raises(TransientError, match="does not answer") as caught:
        console.lock_waiters()
    assert "hunter2" not in str(caught.value)


def test_a_url_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        PostgresConsole("postgres//grace:hunter2@here")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_sqlalchemy_url_is_accepted(url: str) -> None:
    console = PostgresConsole(url.replace("postgresql://", "postgresql+psycopg://"))
    assert console.session_count() >= 1


def test_the_documented_rights_suffice_for_everything(url: str, plain: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        rights = sql.SQL("GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_maintain TO {}")
        admin.execute(rights.format(sql.Identifier(plain)))
    console = PostgresConsole(make_conninfo(url, user=plain, password="secret"))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE ROLE other LOGIN PASSWORD 'secret'")
        admin.execute("GRANT ALL ON stock TO other")
    with ExitStack() as stack:
        stack.enter_context(holding(url, 1, user="other", password="secret", application_name="shop"))
        waiter = Waiter(url, (1,), **login(plain))
        stack.callback(waiter.close)
        (found,) = until(lambda: console.blockers(NOW), within=10)
        assert console.end_session(found)
        until(lambda: waiter.end == "went on", within=10)
    console.vacuum("stock", analyze=True)
    console.checkpoint()
    assert console.bytes_since_checkpoint() >= 0
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP OWNED BY other")
        admin.execute("DROP ROLE other")
