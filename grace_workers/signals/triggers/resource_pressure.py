"""A resource is nearly used up."""

from collections.abc import Sequence

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how full it is, once it reaches `bound`."""
    newest = readings[-1].value
    return f"{newest:.0%} used ({readings[-1].check})" if newest is not None and newest >= bound else None


DEFINITION = Trigger(
    name="resource_pressure",
    summary="A disk or directory has used nine tenths of its space",
    severity=Severity.WARNING,
    checks={"disk_used_ratio": 0.9},
    judge=judge,
)
