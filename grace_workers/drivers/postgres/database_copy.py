"""An empty database like another one, and what belongs to a database but to no dump of it: rights and settings."""

from typing import Any

import psycopg
from psycopg import sql

from grace_workers.foundation.errors import NotFoundError, PermanentError

# The settings whose values are lists of names, as `pg_dump` knows them. Others would act on the session that sets them:
# a role would take away the right to set the next.
_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})

Session = psycopg.Connection[dict[str, Any]]

# The name of the column of the provider's kind differs from release to release.
_LIKE = sql.SQL("""
    SELECT datdba::regrole::text AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype,
        datconnlimit AS most, to_jsonb(found) ->> 'datlocprovider' AS provider
    FROM pg_database AS found WHERE datname = %(name)s
""")
_RIGHTS = sql.SQL("""
    SELECT grantee, CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee)::text END AS role,
        privilege_type AS right, is_grantable AS grantable
    FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = %(name)s
""")
_SETTINGS = sql.SQL("""
    SELECT role.rolname::text AS role, unnest(setconfig) AS said
    FROM pg_db_role_setting JOIN pg_database AS found ON found.oid = setdatabase
    LEFT JOIN pg_roles AS role ON role.oid = setrole WHERE datname = %(name)s
""")


def drop(session: Session, name: str) -> None:
    """Drop a database, if it is there, and part from it who is connected."""
    session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def create_like(session: Session, like: str, name: str) -> None:
    """Create an empty database with the owner, the encoding and the locale of another.

    Raises:
        NotFoundError: there is no such other.
        PermanentError: its locale is of a provider that cannot be given to the new one.
    """
    row = session.execute(_LIKE, {"name": like}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no database {like!r}")
    if row["provider"] not in {None, "c"}:
        raise PermanentError(
            f"database {like!r} has a locale of provider {row['provider']!r}; only those of the C library are copied"
        )
    words = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {} ENCODING {} LC_COLLATE {} LC_CTYPE {}")
    literals = (sql.Literal(row[key]) for key in ("encoding", "datcollate", "datctype"))
    session.execute(words.format(sql.Identifier(name), sql.SQL(row["owner"]), *literals))
    # Who may not connect to the other database must not read the copy while it is filled.
    session.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    session.execute(
        sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(sql.Identifier(name), sql.Literal(row["most"]))
    )


def take_settings(session: Session, of: str, name: str) -> None:
    """Give a database the rights and settings of another."""
    place = sql.Identifier(name)
    rights = session.execute(_RIGHTS, {"name": of}).fetchall()
    settings = session.execute(_SETTINGS, {"name": of}).fetchall()
    with session.transaction():
        for one in rights:
            role = sql.SQL("PUBLIC") if one["role"] is None else sql.Identifier(one["role"])
            option = sql.SQL(" WITH GRANT OPTION" if one["grantable"] else "")
            grant = sql.SQL("GRANT {} ON DATABASE {} TO {}{}")
            session.execute(grant.format(sql.SQL(one["right"]), place, role, option))
        for one in settings:
            setting, _, value = one["said"].partition("=")
            whose = sql.SQL("") if one["role"] is None else sql.SQL("ROLE {} IN ").format(sql.Identifier(one["role"]))
            named = sql.SQL(".").join(map(sql.Identifier, setting.split(".")))
            told: sql.Composable = sql.SQL("TO {}").format(sql.Literal(value))
            if setting in _LISTS:
                # As text, a list would become one name.
                session.execute("SELECT set_config(%s, %s, true)", (setting, value))
                told = sql.SQL("FROM CURRENT")
            session.execute(sql.SQL("ALTER {}DATABASE {} SET {} {}").format(whose, place, named, told))
