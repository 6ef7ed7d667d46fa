"""What is deployed differs from what was declared, because someone changed it in place."""

from collections.abc import Sequence

from grace_workers.signals.signal import Severity
from grace_workers.signals.trigger import Reading, Trigger

_LOOKS = 2
_WORDS = {
    "files_changed_in_place": "files differ from the branch that they are of",
    "damaged_package_files": "files of installed packages differ from what was installed",
}


def judge(bound: float, readings: Sequence[Reading]) -> str | None:
    """Return how much differs, once two looks in a row find `bound` of it: a deployment may be on its way."""
    values = [one.value for one in readings[-_LOOKS:] if one.value is not None]
    differs = len(values) == _LOOKS and min(values) >= bound
    return f"{values[-1]:.0f} {_WORDS[readings[-1].check]}" if differs else None


DEFINITION = Trigger(
    name="configuration_drift",
    summary="Files differ from the branch or the packages that they are of",
    severity=Severity.WARNING,
    checks=dict.fromkeys(_WORDS, 1),
    judge=judge,
)
