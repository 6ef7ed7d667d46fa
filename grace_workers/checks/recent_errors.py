"""The newest error lines of a service."""

from grace_workers.actions import ErrorLog
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document, JsonValue

_LINES = 50


class RecentErrorsParams(Document):
    """No params."""


def probe(log: ErrorLog, params: RecentErrorsParams) -> JsonValue:
    """Return the lines, newest last."""
    del params
    return list(log.recent(_LINES))


DEFINITION = Check(
    name="recent_errors",
    summary="The newest error lines that the service logged.",
    unit=None,
    role=ErrorLog,
    params=RecentErrorsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    lingers=True,
)
