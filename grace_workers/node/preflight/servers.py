"""Whether the servers are usable. Our own servers start only later, so theirs is a look at what they need."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grace_workers.fleet import Limited, Readiness, Ready, SchemaFit, SchemaStand
from grace_workers.foundation.errors import InputError

CLOCK_DRIFT = timedelta(seconds=5)
_OLDEST_POSTGRES = 140000


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """The result of a first look: the schema, the server's version as 180001, and its clock in seconds since 1970."""

    schema: SchemaStand
    version: int
    clock: float


def database_fits(seen: DatabaseSeen) -> Readiness:
    """Judge a database that was given by URL. Raises InputError when this release cannot work on it."""
    if seen.version < _OLDEST_POSTGRES:
        raise InputError(f"the database is PostgreSQL {seen.version // 10000}; version 14 or newer is needed")
    if seen.schema.fit is SchemaFit.TOO_NEW:
        raise InputError(seen.schema.words)
    if not seen.schema.fit.serves:
        return Limited(seen.schema.words, "the schema of this release; a migration will create it")
    told = f"schema {seen.schema.words}"
    drift = abs(seen.clock - datetime.now(UTC).timestamp())
    if drift > CLOCK_DRIFT.total_seconds():
        return Limited(told, f"a common clock: the database's differs by {drift:.0f} s from this machine's")
    return Ready(told)
