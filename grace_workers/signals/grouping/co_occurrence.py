"""Targets that fail together without a declared reason: counted, and linked only if chance does not explain it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from grace_workers.foundation.ids import TargetName

MOST_CO_OCCURRENCES = 20_000
"""How many pairs are kept; beyond that, those not seen together for longest are dropped."""

MOST_TOGETHER = 12
"""If more targets than this fail at once, it is a storm, which says nothing about any two of them."""

_FEWEST = 3
_SHARE = 0.5
_SURE = 10.83
"""The 99.9 % quantile of chi-squared with one degree of freedom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoOccurrence:
    """How often two targets failed, each and together, since a moment. `one` sorts before `other`."""

    one: TargetName
    other: TargetName
    together: int
    failed: tuple[int, int]
    since: datetime


def pairs_of(new: TargetName, others: Collection[TargetName]) -> Sequence[tuple[TargetName, TargetName]]:
    """Return the pairs that a new failure forms with others, each in sorted order."""
    near = {*others} - {new}
    if len(near) >= MOST_TOGETHER:
        return ()
    return sorted((min(new, one), max(new, one)) for one in near)


def linked(pair: CoOccurrence, now: datetime, horizon: timedelta) -> bool:
    """Return whether the two fail together more often than by chance.

    The test is the likelihood ratio of the count against two independent Poisson processes; source: Dunning,
    Accurate Methods for the Statistics of Surprise and Coincidence, Computational Linguistics 19, 1993.
    """
    if pair.together < _FEWEST or pair.together < _SHARE * min(pair.failed):
        return False
    spans = max((now - pair.since) / (2 * horizon), 1.0)
    expected = pair.failed[0] * pair.failed[1] / spans
    if pair.together <= expected:
        return False
    return 2 * (pair.together * log(pair.together / expected) - (pair.together - expected)) >= _SURE
