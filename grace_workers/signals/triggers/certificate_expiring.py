"""A certificate expires soon."""

from collections.abc import Sequence

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return for how long it is still valid, once that is less than `bound` days."""
    newest = readings[-1].value
    if newest is None or newest > bound:
        return None
    return f"the certificate expires in {newest:.1f} days" if newest > 0 else f"expired {-newest:.1f} days ago"


DEFINITION = Trigger(
    name="certificate_expiring",
    summary="A certificate is valid for less than a week",
    severity=Severity.ERROR,
    checks={"certificate_days": 7},
    judge=judge,
)
