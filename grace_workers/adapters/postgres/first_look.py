"""The first look at a database that was given by URL: does it answer, does it let us in, which schema has it."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from grace_workers.adapters.postgres.engine import database_url
from grace_workers.foundation.errors import InputError, TransientError

_SETTING = "GRACE_DATABASE__URL"
_REVISION = """
SELECT to_regclass('alembic_version') IS NOT NULL, current_setting('server_version_num')::int,
    clock_timestamp() - %s::timestamptz
"""


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """`revision` is None without a schema; `version` is as 180001; `ahead` is its clock less this machine's."""

    revision: str | None
    version: int
    ahead: timedelta


def look_at(url: str, *, within: timedelta) -> DatabaseSeen:
    """Connect once and return what was seen.

    Raises:
        InputError: it refuses the user, the password or the database's name; or the URL cannot be read.
        TransientError: it does not answer.
    """
    parsed = database_url(url)
    place = f"{parsed.host or 'its socket'}:{parsed.port or 5432}"
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    seconds = max(1, int(within.total_seconds()))
    try:
        with closing(psycopg.connect(plain, connect_timeout=seconds, application_name="grace-preflight")) as session:
            there, version, ahead = session.execute(_REVISION, (datetime.now(UTC),)).fetchall()[0]
            row = session.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
            return DatabaseSeen(None if row is None else str(row[0]), version, ahead)
    except psycopg.OperationalError as error:
        raise _translated(error, place, parsed.username or "") from None


def _translated(error: psycopg.OperationalError, place: str, user: str) -> InputError | TransientError:
    told = str(error)
    if "authentication failed" in told or "no password supplied" in told:
        return InputError(
            f"the database at {place} refuses user {user!r}: the password is wrong, or was changed there; "
            f"put the present one into {_SETTING}"
        )
    if "does not exist" in told or "pg_hba" in told:
        reason = told.splitlines()[0].rpartition("FATAL:")[2].strip()
        return InputError(f"the database at {place} refuses us: {reason}; mend {_SETTING}, or make what is missing")
    return TransientError(f"the database at {place} does not answer; start it, or mend {_SETTING}")
