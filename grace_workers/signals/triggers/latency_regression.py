"""Answers take much longer than before."""

from collections.abc import Sequence
from statistics import median

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_TIMES = 3
_FEWEST = 5
_LOOKS = 2


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how slow it is, once two looks in a row reach `bound` milliseconds and three times the usual time.

    The usual time needs five earlier readings; until then nothing counts as a regression.
    """
    newest = [one.value for one in readings[-_LOOKS:] if one.value is not None]
    before = sorted(one.value for one in readings[:-_LOOKS] if one.value is not None)
    if len(newest) < _LOOKS or len(before) < _FEWEST:
        return None
    usual = median(before[: (len(before) + 1) // 2])
    slow = min(newest) >= max(bound, _TIMES * usual)
    return f"answers take {newest[-1]:.0f} ms; usual: {usual:.0f} ms" if slow else None


DEFINITION = Trigger(
    name="latency_regression",
    summary="Answers take three times as long as they did, and half a second or more",
    severity=Severity.WARNING,
    checks={"http_latency_ms": 500},
    judge=judge,
)
