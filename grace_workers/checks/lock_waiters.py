"""How many database sessions wait for a lock."""

from grace_workers.actions import SqlConsole
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.signals import Factor


class LockWaitersParams(Document):
    """No params."""


def probe(console: SqlConsole, params: LockWaitersParams) -> float:
    """Return the current count."""
    del params
    return float(console.lock_waiters())


DEFINITION = Check(
    name="lock_waiters",
    summary="How many sessions of the database wait for a lock.",
    unit="sessions",
    role=SqlConsole,
    params=LockWaitersParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("lock_waiters", 3),
    factor=Factor.QUEUE,
)
