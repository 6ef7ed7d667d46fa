"""How much faster a change is: both versions take turns, and the ratio counts that nearly all pairs of turns reach."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from grace_workers.coding.suite import Conversation

_PAIRS, _BOUND = 15, 2
_SECONDS = 0.01
_EARLY, _HOPELESS = 5, 1.05
CONFIDENCE = 0.996
"""One-sided: of 15 pairs, the median is below the third smallest ratio with a probability of 121 in 32,768."""


@dataclass(frozen=True, slots=True)
class Speed:
    """The median of the ratios of time, before to after, and the bound that it exceeds with `CONFIDENCE`."""

    ratio: float
    least: float

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Speed":
        """Return the speed that the pairs show."""
        return cls(median(ratios), sorted(ratios)[_BOUND])


def measured(before: Conversation, after: Conversation, group: str) -> Speed | None:
    """Measure both versions in turns, the first of each pair by chance; None when the time is over.

    A change that has won nothing after the first pairs is not measured further.
    """
    chance = random.Random(group)  # noqa: S311 - it must repeat itself
    request = {"do": "time", "group": group, "seconds": _SECONDS}
    ratios: list[float] = []
    for number in range(_PAIRS):
        if number == _EARLY and median(ratios) < _HOPELESS:
            break
        turns = [before, after]
        chance.shuffle(turns)
        took = {}
        for one in turns:
            told = one.ask(request)
            if not told:
                return None
            took[one is before] = max(float(told[0]), 1e-9)
        ratios.append(took[True] / took[False])
    return Speed.of(ratios)
