from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Reading, Trigger

START = datetime(2026, 11, 21, 8, tzinfo=UTC)


def judged(trigger: Trigger, check: str, values: Sequence[float | None]) -> str | None:
    """Return what the trigger says about these values of one check, oldest first."""
    readings = [
        Reading(check=check, target=TargetName("t"), value=value, at=START + timedelta(seconds=second))
        for second, value in enumerate(values)
    ]
    return trigger.judge(trigger.checks[check], readings)
