"""Many more errors than this target usually has."""

from collections.abc import Sequence
from statistics import median

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_TIMES = 3
_BASELINE = 10


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how many errors there are, once they reach `bound` and three times the quietest recent half.

    The usual count is the lower median of the earlier readings, so a burst that lasts does not become usual at
    once.
    """
    newest = readings[-1].value
    if newest is None or newest < bound:
        return None
    before = sorted(one.value for one in readings[-_BASELINE - 1 : -1] if one.value is not None)
    usual = median(before[: (len(before) + 1) // 2]) if before else 0.0
    return f"{newest:.0f} errors; usual: {usual:.0f}" if newest >= _TIMES * usual else None


DEFINITION = Trigger(
    name="error_burst",
    summary="The log has many more errors than usual for this target",
    severity=Severity.ERROR,
    checks={"error_count": 5},
    judge=judge,
)
