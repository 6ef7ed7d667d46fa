"""Bringing a database to the newest migration.

Alembic, which takes 15 MiB of a process, is loaded only when there is something to migrate. A process that lives on has
another one load it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from grace_workers.adapters.postgres.engine import database_url, engine_for, translated
from grace_workers.adapters.postgres.logins import settle
from grace_workers.adapters.postgres.pooler import refuse_pooler
from grace_workers.fleet import SchemaFit, SchemaStand
from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError, PermanentError

# An index over a large table is built for hours.
_LONGEST = timedelta(days=7)
_LOCK = 0x6772616365  # "grace"
_TURN = 0.1
_STAND = "SELECT (SELECT max(version_num) FROM alembic_version), (SELECT max(oldest) FROM schema_floor)"


class _Database(Document):
    url: str
    scripts: Path


def bring_up(
    url: str, scripts: Path, logins: Mapping[str, str] | None = None, *, run_aside: Aside | None = None
) -> None:
    """Run the migrations that the database lacks, as `upgrade` does, and report a failure in one sentence.

    With `run_aside` they run in a process of their own.

    Raises:
        InputError: as `upgrade` does, or the URL cannot be read.
        TransientError: the database is unreachable.
        PermanentError: a migration failed.
    """
    database_url(url)
    with _told():
        upgrade(url, scripts, logins, run_aside=run_aside)


@contextmanager
def _told() -> Iterator[None]:
    try:
        with translated():
            yield
    except DBAPIError as error:
        raise PermanentError(f"the schema cannot be migrated: {str(error.orig).splitlines()[0]}") from error


def upgrade(
    url: str, scripts: Path, logins: Mapping[str, str] | None = None, *, run_aside: Aside | None = None
) -> None:
    """Run all migrations in `scripts` that the database at `url` lacks; nodes that start together take turns.

    A newer schema that still serves this release is left as it is. `logins`, by name with their passwords, are made
    and given their rights afterwards.

    Raises:
        InputError: the schema is of a newer release and does not serve this one, or the connection goes through a
            pooler.
        PermanentError: the migrations are no chain.
    """
    engine = engine_for(url)
    # The lock needs a separate session, because the migrations' session commits after each one.
    with engine.connect() as turn, engine.connect() as connection:
        refuse_pooler(turn.connection.dbapi_connection)
        _take_turn(turn)
        stand = schema_stand(connection, scripts)
        connection.commit()
        if stand.fit is SchemaFit.OLDER and run_aside is not None:
            run_aside(run_apart, {"url": url, "scripts": str(scripts)}, within=_LONGEST)
        elif stand.fit is SchemaFit.OLDER:
            _run_what_it_lacks(connection, scripts)
        connection.commit()
        if logins and stand.fit is not SchemaFit.TOO_NEW:
            settle(connection, logins)
            connection.commit()
        turn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    engine.dispose()
    if stand.fit is SchemaFit.TOO_NEW:
        raise InputError(stand.words)


def _take_turn(turn: Connection) -> None:
    """Wait until no other node migrates.

    It asks again and again, because a statement that waits for the lock holds a snapshot, and an index that another
    node builds while the fleet writes waits for the end of all of them.
    """
    while not turn.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}).scalar():
        turn.commit()
        time.sleep(_TURN)
    turn.commit()


def head(scripts: Path) -> str:
    """Return the revision that the newest of these migrations leads to."""
    return _revisions(scripts)[-1]


def schema_of(engine: Engine, scripts: Path) -> SchemaStand:
    """Return what `schema_stand` does. Raises TransientError when the database is unreachable.

    Nodes ask every second, so a database that has both tables is asked in one statement, without Alembic.
    """
    with translated(), engine.connect() as connection:
        with suppress(ProgrammingError):
            found, floor = connection.exec_driver_sql(_STAND).one()
            return SchemaStand(found=found, floor=floor, known=_revisions(scripts))
        connection.rollback()
        return schema_stand(connection, scripts)


def schema_stand(connection: Connection, scripts: Path) -> SchemaStand:
    """Return how the schema of a database fits the migrations in `scripts`."""
    found = _kept(connection, "alembic_version", "version_num")
    return SchemaStand(found=found, floor=_kept(connection, "schema_floor", "oldest"), known=_revisions(scripts))


def _kept(connection: Connection, table: str, column: str) -> str | None:
    if connection.execute(text("SELECT to_regclass(:table)"), {"table": table}).scalar() is None:
        return None
    found: str | None = connection.execute(text(f"SELECT max({column}) FROM {table}")).scalar()  # noqa: S608 -- constants
    return found


def run_apart(given: JsonValue) -> JsonValue:
    """Run the migrations that a database lacks, in the process of an `Aside`. The one that asks holds the lock.

    Raises:
        PermanentError: a migration failed.
        TransientError: the database is unreachable.
    """
    where = _Database.model_validate(given)
    engine = engine_for(where.url)
    with _told(), engine.connect() as connection:
        _run_what_it_lacks(connection, where.scripts)
        connection.commit()
    return None


def _run_what_it_lacks(connection: Connection, scripts: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise PermanentError(f"the schema cannot be migrated: {error}") from error


@cache
def _revisions(scripts: Path) -> Sequence[str]:
    """Return the revisions of the migrations in `scripts`, oldest first: each file is named by its revision.

    Read once, because they come with the code.
    """
    return tuple(sorted(file.stem for file in (scripts / "versions").glob("*.py")))
