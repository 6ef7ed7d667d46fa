"""What someone with a node's database password cannot do, on a real PostgreSQL."""

from urllib.parse import quote, urlsplit

import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import PostgresAuditAppender, PostgresAuditArchive, Sealer
from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.adapters.postgres.logins import CONTROL_LOGIN, NODE_LOGIN
from grace_workers.adapters.postgres.migrate import upgrade
from grace_workers.audit import Intact
from grace_workers.foundation.errors import InputError
from grace_workers.settings import shipped
from tests.integration.audit.conftest import entry

pytestmark = pytest.mark.servers

LOGINS = {NODE_LOGIN: "node's own'%s", CONTROL_LOGIN: "controls"}
DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def fleet(database_url: str) -> str:
    """A migrated database, with the fleet's two logins."""
    upgrade(database_url, shipped("migrations"), LOGINS)
    return database_url


def session_of(url: str, login: str) -> psycopg.Connection:
    server = urlsplit(url)
    return psycopg.connect(
        host=server.hostname, port=server.port, dbname=server.path[1:], user=login, password=LOGINS[login]
    )


REFUSED = (
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE audit_log_000000 DISABLE TRIGGER ALL",
    "ALTER TABLE audit_log OWNER TO CURRENT_USER",
    "DROP TRIGGER audit_refuse_truncate ON audit_log",
    "SET session_replication_role = replica",
    "UPDATE audit_log SET entry = '{}'",
    "UPDATE audit_log SET data = NULL, salt = NULL",
    "DELETE FROM audit_log",
    "DELETE FROM audit_log_000000",
    "TRUNCATE audit_log",
    "TRUNCATE audit_log_000000",
    "INSERT INTO audit_log SELECT * FROM audit_log",
    "DELETE FROM audit_inbox",
    "TRUNCATE audit_inbox",
    "UPDATE audit_inbox SET entry = '{}'",
    "INSERT INTO audit_inbox (id, entry) OVERRIDING SYSTEM VALUE VALUES (9223372036854775807, '{}')",
    "INSERT INTO audit_inbox (entry, at) VALUES ('{}', 'epoch')",
    "INSERT INTO audit_inbox (entry, backend) VALUES ('{}', 1)",
    "UPDATE audit_head SET size = 0",
    "INSERT INTO audit_stream VALUES ('a', 1, 'b', '{}')",
    "DELETE FROM audit_set_aside",
    "INSERT INTO audit_checkpoint (size, note, key_id) VALUES (1, '', '')",
    "SELECT audit_extend(7)",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "SET ROLE grace_audit_owner",
    "SET ROLE grace",
    "TRUNCATE jobs",
    "DROP TABLE jobs",
    "ALTER TABLE jobs ADD COLUMN x int",
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE friend SUPERUSER",
    "CREATE DATABASE mine",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER SYSTEM SET fsync = off",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT rolpassword FROM pg_authid",
    "UPDATE alembic_version SET version_num = 'x'",
    "GRANT grace_audit_sealer TO grace_node",
)
REFUSED_AS_ROLE = (
    "UPDATE audit_log SET entry = '{}'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log_000000",
    "UPDATE audit_inbox SET entry = '{}'",
    "DELETE FROM audit_checkpoint",
    "UPDATE audit_set_aside SET why = ''",
    "DELETE FROM audit_stream",
    "ALTER TABLE audit_log DISABLE TRIGGER ALL",
)


def allowed(session: psycopg.Connection, statements: tuple[str, ...]) -> list[str]:
    """Return the statements that were not refused for lack of a right."""
    session.rollback()
    session.autocommit = True
    found = []
    for statement in statements:
        try:
            session.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            found.append(f"{statement}: {error}")
        else:
            found.append(statement)
    return found


@pytest.mark.parametrize("login", [NODE_LOGIN, CONTROL_LOGIN])
def test_a_login_of_the_fleet_changes_neither_the_audit_log_nor_the_schema_nor_the_server(
    fleet: str, login: str
) -> None:
    with session_of(fleet, login) as session:
        assert allowed(session, REFUSED) == []


@pytest.mark.parametrize("role", ["grace_audit_sealer", "grace_audit_redactor"])
def test_only_the_login_of_nodes_that_seal_takes_the_sealers_and_the_redactors_role(fleet: str, role: str) -> None:
    with session_of(fleet, NODE_LOGIN) as session, pytest.raises(DENIED):
        session.execute(f"SET ROLE {role}")
    with session_of(fleet, CONTROL_LOGIN) as session:
        session.execute(f"SET ROLE {role}")


@pytest.mark.parametrize("role", ["grace_audit_sealer", "grace_audit_redactor"])
def test_neither_role_lets_it_change_what_is_sealed(fleet: str, role: str) -> None:
    with session_of(fleet, CONTROL_LOGIN) as session:
        session.autocommit = True
        session.execute(f"SET ROLE {role}")
        assert allowed(session, REFUSED_AS_ROLE) == []


def test_the_logins_do_all_the_work_there_is_appending_sealing_redacting_and_verifying(fleet: str, tmp_path) -> None:
    urls = {}
    for login, password in LOGINS.items():
        server = urlsplit(fleet)
        urls[login] = f"postgresql://{login}:{quote(password)}@{server.hostname}:{server.port}{server.path}"
    keys, anchor = FileSealingKeys(tmp_path / "keys"), FileAnchor(tmp_path / "anchor")
    keys.create("test.example")
    made = entry()
    engine = engine_for(urls[NODE_LOGIN])
    with engine.begin() as connection:
        PostgresAuditAppender(connection).append(made)
    engine.dispose()
    sealer = Sealer(urls[CONTROL_LOGIN], keys, [anchor])
    sealer.seal_once()
    archive = PostgresAuditArchive(urls[CONTROL_LOGIN], keys, [anchor])
    archive.redact(made.id, actor="officer", reason="personal data")
    sealer.seal_once()
    sealer.close()
    found = PostgresAuditArchive(urls[NODE_LOGIN], keys, [anchor]).verify()
    assert isinstance(found, Intact), found
    assert found.redacted == 1


def test_settling_again_changes_passwords_and_revokes_extra_rights(fleet: str) -> None:
    with psycopg.connect(fleet, autocommit=True) as owner:
        owner.execute(f"GRANT grace_audit_sealer TO {NODE_LOGIN}")
        owner.execute(f"ALTER ROLE {NODE_LOGIN} SUPERUSER")
    upgrade(fleet, shipped("migrations"), LOGINS)
    with session_of(fleet, NODE_LOGIN) as session:
        assert session.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        with pytest.raises(DENIED):
            session.execute("SET ROLE grace_audit_sealer")


def test_a_login_of_another_name_is_refused(fleet: str) -> None:
    with pytest.raises(InputError, match="unknown login 'postgres'"):
        upgrade(fleet, shipped("migrations"), {"postgres": "x"})


def test_a_definers_function_does_not_look_into_the_callers_own_schema_first(fleet: str) -> None:
    with psycopg.connect(fleet) as owner:
        unsafe = owner.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace "
            "AND NOT coalesce(array_to_string(proconfig, ','), '') ~ 'search_path=pg_catalog, .*pg_temp$'"
        ).fetchall()
        trusted = owner.execute(
            "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
        ).fetchone()
    assert (unsafe, trusted) == ([], (0,))


def test_the_embedded_server_gives_the_node_a_login_that_owns_nothing(own_postgres: EmbeddedPostgres) -> None:
    upgrade(own_postgres.url, shipped("migrations"), own_postgres.logins)
    with psycopg.connect(own_postgres.node_url) as session:
        found = session.execute(
            "SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = session.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole").fetchone()
    assert (found, owned) == ((CONTROL_LOGIN, False), (0,))
