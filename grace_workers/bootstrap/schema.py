"""The database's schema before a node works with it: brought up to date here, or waited for."""

import time
from collections.abc import Mapping
from datetime import timedelta

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from grace_workers.adapters.postgres.engine import database_url, make_engine, translated
from grace_workers.adapters.postgres.logins import CONTROL_LOGIN, NODE_LOGIN
from grace_workers.adapters.postgres.migrate import schema_stand, upgrade
from grace_workers.bootstrap.addresses import database_of
from grace_workers.fleet import SchemaFit
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.settings import Settings, shipped

MIGRATED_WITHIN = timedelta(minutes=2)
_LOOK = 0.25


def migrate(settings: Settings) -> str:
    """Bring the configured database to this release's schema, and return its revision. Any number may run at once.

    Raises:
        InputError: no database is configured, its URL cannot be read, or its schema is too new for this release.
        TransientError: it cannot be reached.
        PermanentError: a migration failed.
    """
    url = database_of(settings).get_secret_value()
    given = {NODE_LOGIN: settings.database.node_password, CONTROL_LOGIN: settings.database.control_password}
    bring_up(url, {login: password.get_secret_value() for login, password in given.items() if password is not None})
    return head()


def bring_up(url: str, logins: Mapping[str, str] | None = None) -> None:
    """Run the migrations that the database lacks, and settle the logins. Raises as `migrate` does."""
    database_url(url)
    try:
        with translated():
            upgrade(url, shipped("migrations"), logins)
    except CommandError as error:
        raise PermanentError(f"the schema cannot be migrated: {error}") from error
    except DBAPIError as error:
        raise PermanentError(f"the schema cannot be migrated: {str(error.orig).splitlines()[0]}") from error


def await_schema(url: str, *, within: timedelta = MIGRATED_WITHIN) -> None:
    """Return once the schema is this release's or a newer one that serves it.

    Raises:
        TransientError: it is not there in time, or the database cannot be reached for that long.
        InputError: the schema is of a newer release and does not serve this one.
    """
    engine = make_engine(url, application="grace-node", pool_size=2)
    deadline = time.monotonic() + within.total_seconds()
    try:
        while (lack := _lack(engine)) is not None:
            if time.monotonic() > deadline:
                raise TransientError(f"{lack} after {within.total_seconds():.0f} s; run `grace migrate`")
            time.sleep(_LOOK)
    finally:
        engine.dispose()


def head() -> str:
    """Return the revision of this release's schema."""
    return str(_scripts().get_current_head())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(shipped("migrations")))


def _lack(engine: Engine) -> str | None:
    """Return what is missing as the beginning of a sentence, or None. Raises InputError for a schema too new to use."""
    try:
        with translated(), engine.connect() as connection:
            stand = schema_stand(connection, shipped("migrations"))
    except TransientError as error:
        return str(error)
    if stand.fit is SchemaFit.TOO_NEW:
        raise InputError(stand.words)
    return None if stand.fit.serves else f"the schema is still at {stand.found or 'nothing'}, not at {head()},"
