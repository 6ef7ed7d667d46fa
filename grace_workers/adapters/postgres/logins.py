"""The logins under which a fleet works: their rights, settled again at every migration.

The owner migrates. `grace_node` reads and writes the product's tables, appends to the audit log and reads it.
`grace_control` may also take the sealer's and the redactor's role for a transaction; the nodes that seal use it.
Neither owns anything, so neither can switch off a trigger, truncate, or make a table.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, text

from grace_workers.adapters.postgres.audit.session import REDACTOR, SEALER
from grace_workers.foundation.errors import InputError, PermanentError

NODE_LOGIN = "grace_node"
CONTROL_LOGIN = "grace_control"
_GROUP = "grace_application"
_LOGINS = (NODE_LOGIN, CONTROL_LOGIN)
_READ_ONLY = ("alembic_version", "schema_floor")
_SHUT = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"

_MAY_MAKE = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_HARDENED = "SELECT count(*) FROM pg_tables WHERE tablename = 'audit_inbox' AND tableowner = 'grace_audit_owner'"
_TABLES = r"""
SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE 'audit\_%'
"""
# Rights that a superuser or an earlier release granted are revoked, so that the login may do only what is listed here.
_MEMBERSHIPS = """
SELECT granted.rolname, member.rolname FROM pg_auth_members JOIN pg_roles AS granted ON granted.oid = roleid
JOIN pg_roles AS member ON member.oid = pg_auth_members.member WHERE member.rolname = ANY (:logins)
"""


def settle(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Make the logins that are missing, with these passwords, and give all of them their rights. Commits nothing.

    Raises:
        InputError: a login is not one of ours.
        PermanentError: the owner may not create roles, or owns the audit tables itself.
    """
    if unknown := passwords.keys() - set(_LOGINS):
        raise InputError(f"unknown login {min(unknown)!r}; a fleet uses {' and '.join(_LOGINS)}")
    if not connection.scalar(text(_MAY_MAKE)):
        raise PermanentError("the owner may not create roles; grant it CREATEROLE, or set no passwords for logins")
    if not connection.scalar(text(_HARDENED)):
        raise PermanentError(
            "the audit tables belong to the login that migrated them, so other logins are not kept out of them"
        )
    for name, attributes in [(_GROUP, "NOLOGIN"), *((login, "LOGIN") for login in passwords)]:
        known = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
        _run(connection, f"{'ALTER' if known else 'CREATE'} ROLE {name} {attributes} {_shut(connection)}")
    for login, password in passwords.items():
        _run(connection, f"ALTER ROLE {login} PASSWORD '{_verifier(connection, login, password)}'")
    for statement in (*_group_rights(connection), *_login_rights(connection, list(passwords))):
        _run(connection, statement)


def _group_rights(connection: Connection) -> Sequence[str]:
    schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
    found = connection.scalars(text(_TABLES)).all()
    tables = [name for name in found if name not in _READ_ONLY]
    return [
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {_GROUP}",
        f"GRANT USAGE ON SCHEMA {schema} TO {_GROUP}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(tables)} TO {_GROUP}",
        *(f"GRANT SELECT ON {name} TO {_GROUP}" for name in _READ_ONLY if name in found),
        f"GRANT grace_audit_writer, grace_audit_reader TO {_GROUP}",
    ]


def _login_rights(connection: Connection, logins: list[str]) -> Sequence[str]:
    held = connection.execute(text(_MEMBERSHIPS), {"logins": logins}).all()
    given = [f"GRANT {_GROUP} TO {', '.join(logins)}"] if logins else []
    if CONTROL_LOGIN in logins:
        given.append(f"GRANT {SEALER}, {REDACTOR} TO {CONTROL_LOGIN} WITH INHERIT FALSE, SET TRUE")
    return [*(f'REVOKE "{granted}" FROM {member}' for granted, member in held), *given]


def _shut(connection: Connection) -> str:
    # Only a superuser may set these attributes; a login that is none cannot have granted them.
    superuser = connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    return _SHUT if superuser else "NOCREATEROLE"


def _verifier(connection: Connection, login: str, password: str) -> str:
    """Return what the server stores of a password, so that the password itself is in no log of statements."""
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    return driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))
