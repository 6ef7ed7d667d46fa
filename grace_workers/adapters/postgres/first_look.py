"""The first look at a database that was given by URL: whether it answers and accepts the login, and its schema."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from grace_workers.adapters.postgres.engine import database_url
from grace_workers.adapters.postgres.migrate import schema_stand
from grace_workers.adapters.postgres.pooler import refuse_pooler
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.node.preflight.servers import DatabaseSeen

_SETTING = "GRACE_DATABASE__URL"
_SERVER = "SELECT current_setting('server_version_num')::int, extract(epoch FROM clock_timestamp())::float8"


def look_at(url: str, scripts: Path, *, within: timedelta) -> DatabaseSeen:
    """Connect once and return what was seen. `scripts` are the migrations that this release knows.

    Raises:
        InputError: it refuses the user, the password or the database's name; the connection goes through a pooler; or
            the URL cannot be read.
        TransientError: it does not answer.
    """
    parsed = database_url(url)
    place = f"{parsed.host or 'its socket'}:{parsed.port or 5432}"
    options = {"connect_timeout": max(1, int(within.total_seconds())), "application_name": "grace-preflight"}
    engine = create_engine(parsed, poolclass=NullPool, connect_args=options)
    try:
        with engine.connect() as connection:
            refuse_pooler(connection.connection.dbapi_connection)
            version, clock = connection.execute(text(_SERVER)).one()
            return DatabaseSeen(schema_stand(connection, scripts), version, clock)
    except OperationalError as error:
        raise _translated(str(error.orig), place, parsed.username or "") from None


def _translated(answer: str, place: str, user: str) -> InputError | TransientError:
    if "authentication failed" in answer or "no password supplied" in answer:
        return InputError(
            f"the database at {place} refuses user {user!r}: the password is wrong or was changed there; set "
            f"the current one in {_SETTING}"
        )
    if "does not exist" in answer or "pg_hba" in answer:
        reason = answer.splitlines()[0].rpartition("FATAL:")[2].strip()
        return InputError(
            f"the database at {place} rejected the login: {reason}; correct {_SETTING}, or create what is missing"
        )
    return TransientError(f"the database at {place} does not answer; start it, or correct {_SETTING}")
