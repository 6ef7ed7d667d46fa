"""The cost of explaining one failure by another: it grows with the dependencies between them, and with time."""

from collections.abc import Collection
from dataclasses import dataclass
from math import log1p
from statistics import median

ANOTHER_CAUSE = 5.0
"""The usual cost of a separate cause: a failure that no other explains more cheaply has one."""

USUAL_PACE = 18.0
"""How many seconds a failure takes to the next dependant, in the middle, where nothing is known."""

SILENT = 0.5
"""The extra cost when the cause itself reported nothing."""

QUIET = 0.5
"""The cost of each dependant of a silent cause that reports nothing either."""

PAIR_STEPS = 3
"""The distance of two targets that are linked only because they failed together before."""

_A_STEP = 1.0
_TAIL = 2.0
_AT_ONCE = 0.5
_BACKWARDS = 3.0
_WEIGHT = 10
_SPREAD = 1.3
_SHORTEST, _LONGEST = 2.0, 120.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds a failure usually takes to reach the next dependant."""

    seconds: float = USUAL_PACE * _SPREAD

    @classmethod
    def of(cls, delays: Collection[float], known: float = USUAL_PACE) -> "Pace":
        """Return the pace from `delays`, in seconds per step; a few of them change the `known` one little."""
        usual = median([*delays, *[known] * _WEIGHT])
        return cls(min(max(usual * _SPREAD, _SHORTEST), _LONGEST))


def price(steps: int, after: float, pace: Pace) -> float:
    """Return the cost of a failure that shows `after` seconds, this many steps from its cause.

    Delays have a heavy tail, because alerts wait for scrapes and hold times. A failure that shows before its cause
    means that the cause was reported late.
    """
    late = after if after >= 0 else -after * _BACKWARDS
    return _A_STEP * steps + _TAIL * log1p(late / (pace.seconds * max(steps, _AT_ONCE)))
