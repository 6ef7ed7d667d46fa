"""How many statements of a database need a processor at once."""

from grace_workers.actions import DatabaseActivity
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document

_MOST = 1000


class DatabaseBusyParams(Document):
    """No params."""


def probe(database: DatabaseActivity, params: DatabaseBusyParams) -> float:
    """Return the statements that run and wait for nothing, neither a lock nor the disk nor their client.

    Ours are not counted: several looks at once, which each take a moment, would make an idle database look busy.
    """
    del params
    return float(sum(not one.waits_for and not one.own for one in database.running(_MOST)))


DEFINITION = Check(
    name="database_busy_sessions",
    summary="Statements of a database that run and wait for nothing but a processor.",
    unit="statements",
    role=DatabaseActivity,
    params=DatabaseBusyParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_busy_sessions", 32),
)
