"""`seldom`: the kinds of failures that take part in groups less often than others do. A pure function."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log

from grace_workers.foundation.statistics import beta_lower_bound

_SURE = 0.995
"""Of two hundred kinds that are like all others, one seems rarer."""

_MOST = 3.0


def seldom(seen: Iterable[tuple[str, bool]]) -> Mapping[str, float]:
    """Return for each kind that is surely rarer than all together how much less likely it is, as a cost.

    `seen` are failures: the kind of each, and whether it took part. The cost is the difference of the logarithms of
    the odds, taken at the upper end of what the kind's share can be, so a kind that was seen a few times costs nothing.
    """
    took_part, number = Counter[str](), Counter[str]()
    for kind, took in seen:
        took_part[kind] += took
        number[kind] += 1
    all_part, every = took_part.total(), number.total()
    if not 0 < all_part < every:
        return {}
    usual = _log_odds(all_part / every)
    costs = {kind: usual - _log_odds(_at_most(took_part[kind], number[kind])) for kind in sorted(number) if kind}
    return {kind: min(cost, _MOST) for kind, cost in costs.items() if cost > 0}


def _at_most(part: int, number: int) -> float:
    return 1.0 - beta_lower_bound(number - part, part, level=_SURE)


def _log_odds(share: float) -> float:
    return log(share / (1.0 - share))
