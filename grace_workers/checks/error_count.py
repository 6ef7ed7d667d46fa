"""How many errors a service logged recently."""

from datetime import timedelta

from grace_workers.actions import ErrorLog, Span
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document
from grace_workers.signals import Factor


class ErrorCountParams(Document):
    """Errors older than `window` do not count."""

    window: Span = timedelta(seconds=10)


def probe(log: ErrorLog, params: ErrorCountParams) -> float:
    """Return the count of error lines."""
    return float(log.errors(params.window))


DEFINITION = Check(
    name="error_count",
    summary="How many error lines the service logged within a window.",
    unit="errors",
    role=ErrorLog,
    params=ErrorCountParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=lambda value, _: value == 0,
    lingers=True,
    detail="recent_errors",
    factor=Factor.ERRORS,
)
