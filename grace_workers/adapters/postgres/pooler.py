"""Whether the connection goes through a pooler, such as PgBouncer."""

from typing import Any

from grace_workers.foundation.errors import InputError

REFUSED = (
    "a connection pooler such as PgBouncer is in front of the database, but the fleet needs real sessions for "
    "its advisory locks, prepared statements and time limits; set GRACE_DATABASE__URL to the PostgreSQL server "
    "itself (your services can keep using the pooler)"
)
# A pooler's answer to a client that asks for a time limit at the start of its session.
_ITS_WORDS = "unsupported startup parameter"


def refuse_pooler(connection: Any) -> None:
    """Compare the backend id that the connection was given with the one that answers; `connection` is psycopg's.

    A pooler gives its clients its own numbers, whatever its mode.

    Raises:
        InputError: they differ.
    """
    with connection.cursor() as cursor:
        (answering,) = cursor.execute("SELECT pg_backend_pid()").fetchone()
    if not connection.autocommit:
        connection.rollback()
    if answering != connection.info.backend_pid:
        raise InputError(REFUSED)


def is_pooler_refusal(error: Exception) -> bool:
    """Return whether an error message is a pooler's."""
    return _ITS_WORDS in str(error)
