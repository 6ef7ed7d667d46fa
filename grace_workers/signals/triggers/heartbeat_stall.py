"""A target misses two heartbeats in a row."""

from collections.abc import Sequence

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_FAILING_STATUS = 500


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how many heartbeats were missed in a row, once there are `bound` of them."""
    missed = 0
    for reading in reversed(readings):
        if not _missed(reading):
            break
        missed += 1
    return f"{missed} heartbeats missed in a row ({readings[-1].check})" if missed >= bound else None


def _missed(reading: Reading) -> bool:
    # Below 1 there is no answer, or a refusal; a server error means that the server answered but cannot serve.
    return reading.value is None or reading.value < 1 or reading.value >= _FAILING_STATUS


DEFINITION = Trigger(
    name="heartbeat_stall",
    summary="A target misses two heartbeats in a row",
    severity=Severity.CRITICAL,
    checks={"alive": 2, "http_status": 2, "tcp_connects": 2, "database_answers": 2},
    judge=judge,
)
