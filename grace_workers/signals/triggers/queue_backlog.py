"""Work waits and does not decrease: jobs in a queue, or sessions waiting for a lock."""

from collections.abc import Sequence

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_LOOKS = 2


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how many wait, once there are `bound` of them in two looks in a row and not fewer in the second."""
    values = [one.value for one in readings[-_LOOKS:] if one.value is not None]
    waiting = len(values) == _LOOKS and min(values) >= bound and values[-1] >= values[0]
    return f"{values[-1]:.0f} are waiting, and the number does not fall ({readings[-1].check})" if waiting else None


DEFINITION = Trigger(
    name="queue_backlog",
    summary="Jobs wait in a queue, or sessions for a lock, and their number does not fall",
    severity=Severity.ERROR,
    checks={"queue_length": 100, "lock_waiters": 3},
    judge=judge,
)
