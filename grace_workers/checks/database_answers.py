"""Whether a database server answers a query."""

from grace_workers.actions import DatabaseFigures
from grace_workers.checks.check import EVERY_KIND, Check, above, answers
from grace_workers.foundation.document import Document


class DatabaseAnswersParams(Document):
    """No params."""


def probe(database: DatabaseFigures, params: DatabaseAnswersParams) -> float:
    """Return 1 when it answers, 0.5 when it is there and refuses, such as one that starts or is full, else 0.

    Raises:
        ThrottledError: we asked too often and made no call, so whether it answers is unknown.
    """
    del params
    return answers(database.status)


DEFINITION = Check(
    name="database_answers",
    summary="1 when the database server answers a query, 0.5 when it refuses (starting, full, no such login), else 0.",
    unit="",
    role=DatabaseFigures,
    params=DatabaseAnswersParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=above("database_answers", 0.5),
)
