"""A service answers with other fields than before, or reports other metrics."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_LOOKS = 2
_USUAL_AFTER = timedelta(hours=1)
"""What has been the same for this long is the usual."""


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return since when it differs, once two looks in a row agree on another schema than `bound` or more before."""
    known = [one for one in readings if one.value is not None]
    newest, before = known[-_LOOKS:], known[:-_LOOKS]
    if len(before) < bound or len({one.value for one in newest}) != 1:
        return None
    usual, count = Counter(one.value for one in before).most_common(1)[0]
    if count < bound or newest[-1].value == usual:
        return None
    last = max(one.at for one in before if one.value == usual)
    if newest[-1].at - last > _USUAL_AFTER:
        return None
    return f"its answers have other fields than until {last:%H:%M:%S} UTC, where {count} looks agreed"


DEFINITION = Trigger(
    name="telemetry_drift",
    summary="The fields of a service's answers, or the metrics that it reports, are not those of before",
    severity=Severity.WARNING,
    checks={"answer_schema": 5},
    judge=judge,
)
