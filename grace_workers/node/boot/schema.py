"""Waiting for a schema that another node or a person brings."""

import time
from collections.abc import Callable
from datetime import timedelta

from grace_workers.fleet import SchemaFit, SchemaStand
from grace_workers.foundation.errors import InputError, TransientError

MIGRATED_WITHIN = timedelta(minutes=2)
_LOOK = 0.25


def await_schema(look: Callable[[], SchemaStand], *, within: timedelta = MIGRATED_WITHIN) -> None:
    """Return once the schema is this release's or a newer one that serves it. `look` raises TransientError.

    Raises:
        TransientError: it is not there in time, or the database is unreachable for that long.
        InputError: the schema is of a newer release and does not serve this one.
    """
    deadline = time.monotonic() + within.total_seconds()
    while (lack := _lack(look)) is not None:
        if time.monotonic() > deadline:
            raise TransientError(f"{lack} after {within.total_seconds():.0f} s; run `grace migrate`")
        time.sleep(_LOOK)


def _lack(look: Callable[[], SchemaStand]) -> str | None:
    """Return what is missing as the beginning of a sentence, or None. Raises InputError for a schema too new to use."""
    try:
        stand = look()
    except TransientError as error:
        return str(error)
    if stand.fit is SchemaFit.TOO_NEW:
        raise InputError(stand.words)
    return None if stand.fit.serves else f"the schema is still at {stand.found or 'nothing'}, not at {stand.known[-1]},"
