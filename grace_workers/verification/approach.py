"""How far a run brought readings towards their bounds."""

from collections.abc import Mapping, Sequence

from grace_workers.playbooks import Expectation
from grace_workers.verification.judge import fits, limit_of


def approach(
    expectations: Sequence[Expectation], before: Mapping[str, float], after: Mapping[str, float]
) -> float | None:
    """Return the share of the way to its bound that the reading which fared worst covered: 1.0 is all of it.

    Only readings that failed before count, by expectation id. It is negative, down to -1.0, where a reading moved
    away, and None when there is nothing to compare.
    """
    shares = [
        max(-1.0, 1 - _gap(item, after[item.id], before) / gap)
        for item in expectations
        if item.proves and item.id in before and item.id in after and (gap := _gap(item, before[item.id], before)) > 0
    ]
    return min(shares, default=None)


def _gap(item: Expectation, value: float, baseline: Mapping[str, float]) -> float:
    """Return the distance to the bound; 0 once it is met."""
    limit = limit_of(item, baseline)
    if limit is None or fits(value, item.operator, limit):
        return 0.0
    # A strict bound is missed by the value itself, too.
    return abs(value - limit) or 1.0
