"""The one statistic that several rooms share: how certain a record of successes is.

It is written out here, because importing SciPy for one function costs the first decision of every process half a
second; a test compares it with SciPy's.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p

_HALVINGS = 60
_MOST_TERMS = 10_000
_ENOUGH = 1e-15
_TINY = 1e-300


@lru_cache(maxsize=4096)
def beta_lower_bound(successes: int, failures: int, *, level: float = 0.9) -> float:
    """Return the lower end of the one-sided credible interval for a success rate.

    The posterior is Beta(successes + 1/2, failures + 1/2) (Jeffreys' prior); with probability `level` the true rate
    lies above the returned value. No outcomes give a value near 0: nothing is known, so nothing is claimed.

    Raises:
        ValueError: a count is negative or `level` is not between 0 and 1.
    """
    if successes < 0 or failures < 0:
        raise ValueError(f"counts {successes} and {failures} must not be negative")
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _below(middle, successes + 0.5, failures + 0.5) < 1 - level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(rate: float, a: float, b: float) -> float:
    """Return the probability that a Beta(a, b) variable lies below `rate`: the regularised incomplete beta."""
    if rate > (a + 1) / (a + b + 2):
        # The fraction converges fast only on this side of the mean.
        return 1 - _below(1 - rate, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(rate) + b * log1p(-rate)) / a
    return front / _fraction(rate, a, b)


def _fraction(rate: float, a: float, b: float) -> float:
    """Return the continued fraction of DLMF 8.17.22, evaluated from the front by Lentz's method."""
    value, upper, lower = 1.0, 1.0, 0.0
    for index in range(1, _MOST_TERMS):
        half = index // 2
        if index % 2:
            term = -(a + half) * (a + b + half) * rate / ((a + index - 1) * (a + index))
        else:
            term = half * (b - half) * rate / ((a + index - 1) * (a + index))
        lower = 1 / (1 + term * lower or _TINY)
        upper = 1 + term / upper or _TINY
        value *= upper * lower
        if abs(upper * lower - 1) < _ENOUGH:
            break
    return value
