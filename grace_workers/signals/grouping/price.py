"""What it costs to take one failure for the consequence of another: more for each dependency between, and for time."""

from collections.abc import Collection
from dataclasses import dataclass
from math import log1p
from statistics import median

ANOTHER_CAUSE = 5.0
"""What a cause of its own costs: a failure that no other explains more cheaply has one."""

SILENT = 0.5
"""What it costs more that the cause itself did not report."""

QUIET = 0.5
"""What it costs for each dependant of a silent cause that reports nothing either."""

PAIR_STEPS = 3
"""As far apart as this are two targets that nothing connects but that they failed together before."""

_A_STEP = 1.0
_TAIL = 2.0
_AT_ONCE = 0.5
_BACKWARDS = 3.0
_USUAL = 18.0
_WEIGHT = 10
_SPREAD = 1.3
_SHORTEST, _LONGEST = 2.0, 120.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds a failure usually takes to show one dependency further on."""

    seconds: float = _USUAL * _SPREAD

    @classmethod
    def of(cls, delays: Collection[float]) -> "Pace":
        """Return the pace that `delays`, in seconds a step, show; few of them move it little."""
        usual = median([*delays, *[_USUAL] * _WEIGHT])
        return cls(min(max(usual * _SPREAD, _SHORTEST), _LONGEST))


def price(steps: int, after: float, pace: Pace) -> float:
    """Return the cost of a failure that shows `after` seconds, at so many steps from its cause.

    Delays have a heavy tail, because alerts wait for scrapes and hold times. One that shows before its cause was late
    to be reported at the cause.
    """
    late = after if after >= 0 else -after * _BACKWARDS
    return _A_STEP * steps + _TAIL * log1p(late / (pace.seconds * max(steps, _AT_ONCE)))
