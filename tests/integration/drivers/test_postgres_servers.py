"""What the PostgreSQL driver makes of real damage, real load and faulty files of a server."""

import threading
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from grace_workers.actions import DatabaseActivity, Reloadable, StoredTables
from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.checks import database_busy_sessions as busy_sessions
from grace_workers.checks.database_busy_sessions import DatabaseBusyParams
from grace_workers.drivers.postgres import DEFINITION
from grace_workers.foundation.errors import TransientError
from tests.conformance.roles.implementations import Place
from tests.damage import lost
from tests.waiting import until

pytestmark = pytest.mark.servers


def test_a_table_whose_file_is_missing_cannot_be_read(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    server.start()
    try:
        url = server.url_of("postgres")
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        tables = Place(tmp_path, str).open(DEFINITION, url=url)[StoredTables]
        assert tables.readable("orders")
        lost(server, tmp_path / "postgres", "postgres", "orders")
        assert not tables.readable("orders")
    finally:
        server.stop()


def test_a_missing_library_is_no_damage(tmp_path, empty_database_url):
    with psycopg.connect(empty_database_url, autocommit=True) as session:
        session.execute("CREATE FUNCTION priced() RETURNS int AS '$libdir/plpgsql', 'plpgsql_call_handler' LANGUAGE c")
        session.execute("UPDATE pg_proc SET probin = 'no_such_library' WHERE proname = 'priced'")
        session.execute("CREATE VIEW orders AS SELECT priced() AS price")
    tables = Place(tmp_path, str).open(DEFINITION, url=empty_database_url)[StoredTables]
    with pytest.raises(TransientError, match="no_such_library"):
        tables.readable("orders")


def _kept_busy(session: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        session.execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")


def test_looks_of_ours_do_not_make_a_database_busy(tmp_path, empty_database_url):
    role = Place(tmp_path, str).open(DEFINITION, url=empty_database_url)[DatabaseActivity]
    with ExitStack() as stack:
        for name in ("grace", "grace", "shop"):
            session = stack.enter_context(psycopg.connect(empty_database_url, autocommit=True, application_name=name))
            asked = threading.Thread(target=_kept_busy, args=(session,))
            asked.start()
            stack.callback(asked.join, 20)
            stack.callback(session.cancel_safe)
        until(lambda: len(role.running(10)) == 3, within=20)
        assert busy_sessions.probe(role, DatabaseBusyParams()) == 1


def test_a_fault_in_a_servers_configuration_is_seen_before_a_reload(tmp_path):
    server = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    server.start()
    try:
        url = server.url_of("postgres")
        service = Place(tmp_path, str).open(DEFINITION, url=url)[Reloadable]
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("ALTER SYSTEM SET max_connections = 77")
            assert service.objection() is None
            (folder,) = session.execute("SHOW data_directory").fetchone()
            (file,) = session.execute("SHOW hba_file").fetchone()
        with (Path(folder) / "postgresql.auto.conf").open("a") as stream:
            stream.write("work_mem = 'much'\n")
        with Path(file).open("a") as stream:
            stream.write("host all nonsense\n")
        said = service.objection()
        assert said is not None
        assert "postgresql.auto.conf line 4: work_mem setting could not be applied; pg_hba.conf line" in said
    finally:
        server.stop()
