"""How long a statement has been running."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DatabaseQueryParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseQueryParams) -> float:
    """Return the current figure."""
    del params
    return database.status().longest_query.total_seconds()


DEFINITION = Check(
    name="database_query_seconds",
    summary="For how long the oldest running statement of a client has been running.",
    unit="s",
    role=DatabaseFigures,
    params=DatabaseQueryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("database_query_seconds", 120),
)
