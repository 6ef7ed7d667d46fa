import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from grace_workers.actions import (
    Backups,
    ClientSessions,
    DatabaseActivity,
    DatabaseFigures,
    EnvironmentProof,
    Reloadable,
    ReplicationSlots,
    SafePoints,
    ServiceLimits,
    SqlConsole,
    StoredTables,
    TransactionIds,
)
from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.drivers.postgres import DEFINITION
from grace_workers.drivers.postgres.activity import shape_of
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from tests.conformance.roles.backup_stands import Backed, dumped
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import Stand, postgres_stand
from tests.conformance.roles.session_stands import Sessions
from tests.conformance.roles.stands import Bounded, Reloading
from tests.damage import damage
from tests.replicating import BINARIES, replicating
from tests.waiting import until

NEEDS_SERVERS = True


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    url = place.database_url()
    yield lambda: place.open(DEFINITION, url=url)[EnvironmentProof]


@pytest.mark.servers
def test_a_plain_login_can_prove_where_it_is(tmp_path, empty_database_url):
    role = f"app_{uuid4().hex[:8]}"
    with psycopg.connect(empty_database_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        there = conninfo_to_dict(empty_database_url) | {"user": role, "password": "secret"}
        plain = Place(tmp_path, str).open(DEFINITION, url=make_conninfo(**there))[EnvironmentProof].environment()
        admin.execute(f"DROP ROLE {role}")
    assert plain == Place(tmp_path, str).open(DEFINITION, url=empty_database_url)[EnvironmentProof].environment()


@contextmanager
def backups(place: Place) -> Iterator[Backed]:
    with dumped(place.folder, place.database_url()) as (connection, look):
        yield Backed(role=place.open(DEFINITION, **connection)[Backups], look=look)


@contextmanager
def sql_console(place: Place) -> Iterator[SqlConsole]:
    url = place.database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("CREATE INDEX orders_id ON orders (id)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 100)")
        session.execute("DELETE FROM orders WHERE id <= 40")
        session.execute("SELECT pg_stat_force_next_flush()")
    yield place.open(DEFINITION, url=url)[SqlConsole]


@contextmanager
def replication_slots(
    place: Place,
) -> Iterator[tuple[ReplicationSlots, Callable[[str], object], Callable[[str], object]]]:
    server = replicating()
    url = server.url_of("postgres")
    made: list[str] = []
    with psycopg.connect(url, autocommit=True) as admin, ExitStack() as stack:

        def make(name: str) -> None:
            admin.execute("SELECT pg_create_physical_replication_slot(%s, true)", [name])
            made.append(name)

        def read(name: str) -> None:
            options = [f"--slot={name}", f"--directory={place.folder}", f"--dbname={url}"]
            reader = subprocess.Popen([BINARIES / "pg_receivewal", *options])
            stack.callback(reader.wait, 20)
            stack.callback(reader.kill)
            active = "SELECT active FROM pg_replication_slots WHERE slot_name = %s"
            until(lambda: admin.execute(active, [name]).fetchall() == [(True,)], within=20)

        yield place.open(DEFINITION, url=url)[ReplicationSlots], make, read
        stack.close()
        drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
        free = "SELECT count(*) FROM pg_replication_slots WHERE active"
        until(lambda: admin.execute(free).fetchall() == [(0,)], within=20)
        admin.execute(drop)


@contextmanager
def transaction_ids(place: Place) -> Iterator[TransactionIds]:
    url = place.database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        for number in range(20):
            session.execute("INSERT INTO orders VALUES (%s)", [number])
    yield place.open(DEFINITION, url=url)[TransactionIds]


@contextmanager
def stored_tables(place: Place) -> Iterator[tuple[StoredTables, Callable[[], object]]]:
    folder = place.folder / "postgres"
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    try:
        url = server.url_of("postgres")
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        yield place.open(DEFINITION, url=url)[StoredTables], lambda: damage(server, folder, "postgres", "orders")
    finally:
        server.stop()


@contextmanager
def reloadable(place: Place) -> Iterator[Reloading]:
    server = EmbeddedPostgres(place.folder / "postgres", durable=False)
    server.start()
    url = server.url_of("postgres")

    def write(text: str) -> None:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute(f"ALTER SYSTEM SET cluster.read = '{text}'")

    def read() -> str:
        with psycopg.connect(url) as session:
            (found,) = session.execute("SHOW cluster.read").fetchone()
        return found

    try:
        write("first")
        server.stop()
        server.start()
        yield Reloading(role=place.open(DEFINITION, url=url)[Reloadable], write=write, read=read, stop=server.stop)
    finally:
        server.stop()


@contextmanager
def client_sessions(place: Place) -> Iterator[Sessions]:
    url, role = place.database_url(), f"app_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin, ExitStack() as stack:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        stack.callback(admin.execute, f"DROP ROLE {role}")

        def begin(*, in_transaction: bool) -> Callable[[], object]:
            session = psycopg.connect(url, user=role, password="secret", application_name="shop", autocommit=True)
            stack.enter_context(session)
            session.execute("BEGIN" if in_transaction else "SELECT 1")
            return lambda: session.execute("SELECT 1")

        def cut(use: Callable[[], object]) -> bool:
            try:
                use()
            except psycopg.OperationalError:
                return True
            return False

        yield Sessions(place.open(DEFINITION, url=url)[ClientSessions], begin, cut)


@contextmanager
def database_activity(place: Place) -> Iterator[DatabaseActivity]:
    """Yield the activity of a database in which one session holds the table that another one waits for."""
    url = place.database_url()
    with psycopg.connect(url, application_name="billing") as holder, psycopg.connect(url, autocommit=True) as waiter:
        waiter.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        waiter.execute("INSERT INTO orders SELECT generate_series(1, 100)")
        waiter.execute("DELETE FROM orders WHERE id <= 40")
        waiter.execute("SELECT pg_stat_force_next_flush()")
        waiter.execute("SELECT 1")
        holder.execute("LOCK TABLE orders")
        waits = threading.Thread(target=_run, args=[waiter, "SELECT 'hunter2', id FROM orders WHERE id = 4711"])
        waits.start()
        role: DatabaseActivity = place.open(DEFINITION, url=url)[DatabaseActivity]
        try:
            until(lambda: role.waiting(1), within=10)
            yield role
        finally:
            holder.rollback()
            waits.join()


def _run(session: psycopg.Connection, statement: str) -> None:
    session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("SELECT 'hunter2' FROM t1 WHERE a=4711 AND b = 1.5e3", "SELECT ? FROM t1 WHERE a=? AND b = ?"),
        ("SELECT /* hunter2 */ E'it''s'\n  -- hunter2\n, $1", "SELECT ? , $1"),
        ("DO $body$ hunter2 $body$", "DO ?"),
        ("SELECT 'cut off in the middle hunter2", "SELECT ?"),
        ("DO $$ cut off, too, hunter2", "DO ?"),
        ("SELECT 'a--'\n, 'hunter2'", "SELECT ? , ?"),
        ("SELECT \"o'x\", 'hunter2', 'b'", 'SELECT "o\'x", ?, ?'),
        (r"SELECT E'it\'s hunter2', 'x'", "SELECT ?, ?"),
        ("SELECT 0x1F, -2.5e-3", "SELECT ?, -?"),
    ],
)
def test_a_statement_is_shown_without_its_values(statement, shape):
    assert shape_of(statement) == shape


@contextmanager
def database_figures(place: Place) -> Iterator[DatabaseFigures]:
    yield place.open(DEFINITION, url=place.database_url())[DatabaseFigures]


@pytest.mark.servers
def test_an_idle_session_that_holds_an_advisory_lock_is_not_seen_as_idle(tmp_path, empty_database_url):
    url, role = empty_database_url, f"app_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        with psycopg.connect(url, user=role, password="secret", autocommit=True) as leader:
            sessions = Place(tmp_path, lambda: url).open(DEFINITION, url=url)[ClientSessions]
            leader.execute("SELECT pg_advisory_lock(7)")
            assert sessions.idle(timedelta(0), in_transaction=False) == []
            leader.execute("SELECT pg_advisory_unlock(7)")
            assert len(sessions.idle(timedelta(0), in_transaction=False)) == 1
        admin.execute(f"DROP ROLE {role}")


@pytest.mark.servers
def test_a_server_that_refuses_is_told_from_one_that_is_not_there(tmp_path, empty_database_url):
    def figures(**other: object) -> DatabaseFigures:
        url = make_conninfo(**{**conninfo_to_dict(empty_database_url), **other})
        return Place(tmp_path, str).open(DEFINITION, url=url)[DatabaseFigures]

    with pytest.raises(ConflictError, match="a server is there"):
        figures(dbname="no_such_database").status()
    with pytest.raises(TransientError, match="does not answer"):
        figures(host="127.0.0.1", port=1).status()


@pytest.mark.parametrize(
    "url", [{"env": "A", "file": "b"}, {}, {"env": "GRACE_TEST_NOT_SET"}, {"file": "/no/such/secret"}, "http://[", ""]
)
def test_a_url_that_is_not_there_or_cannot_be_read_is_refused(tmp_path, url):
    with pytest.raises(InputError):
        Place(tmp_path, str).open(DEFINITION, url=url)


def test_a_secret_is_taken_from_the_environment_or_a_file_and_shown_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_DB", "postgresql://a:hunter2@b/c")
    (tmp_path / "secret").write_text("postgresql://a:hunter2@b/c\n")
    for secret in ({"env": "SHOP_DB"}, {"file": str(tmp_path / "secret")}):
        assert "hunter2" not in repr(Place(tmp_path, str).open(DEFINITION, url=secret))


def test_a_bad_url_does_not_show_its_password(tmp_path):
    with pytest.raises(InputError) as caught:
        Place(tmp_path, str).open(DEFINITION, url=["postgresql://a:hunter2@b/c"])
    assert "hunter2" not in str(caught.value)


@contextmanager
def safe_points(place: Place) -> Iterator[Stand]:
    with postgres_stand(place.folder, place.database_url) as (connection, look, change):
        yield Stand(lambda: place.open(DEFINITION, **connection)[SafePoints], look, change)


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    url, capped, free = place.database_url(), f"app_{uuid4().hex[:8]}", f"app_{uuid4().hex[:8]}"
    bounds = {capped: {"lowest": 10, "highest": 100}, free: {"lowest": 1, "highest": 1000}}
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {capped} LOGIN CONNECTION LIMIT 20")
        admin.execute(f"CREATE ROLE {free} LOGIN")
        yield Bounded(role=place.open(DEFINITION, url=url, limits=bounds)[ServiceLimits], name=capped, unlimited=free)
        admin.execute(f"DROP ROLE {capped}, {free}")


@pytest.mark.servers
def test_a_client_that_is_throttled_keeps_its_connections_and_gets_no_more(
    tmp_path: Path, empty_database_url: str
) -> None:
    url, role = empty_database_url, f"app_{uuid4().hex[:8]}"
    limits = Place(tmp_path, str).open(DEFINITION, url=url, limits={role: {"lowest": 1, "highest": 9}})[ServiceLimits]
    with psycopg.connect(url, autocommit=True) as admin, ExitStack() as stack:
        with pytest.raises(NotFoundError, match="the server has no role"):
            limits.limit(role)
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        stack.callback(admin.execute, f"DROP ROLE {role}")
        with psycopg.connect(url, user=role, password="secret", autocommit=True) as client:
            limits.set_limit(role, 1)
            assert client.execute("SELECT 1").fetchone() == (1,)
            with pytest.raises(psycopg.OperationalError, match="too many connections"):
                psycopg.connect(url, user=role, password="secret")
            limits.put_back_limit(role, None)
            psycopg.connect(url, user=role, password="secret").close()
