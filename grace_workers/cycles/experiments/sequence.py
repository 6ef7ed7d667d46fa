"""Statistics that may be looked at after every block, and acted on at any time. Pure.

A usual confidence interval holds at one moment that was chosen before; looked at again and again, it is wrong far more
often than it says. A *confidence sequence* holds at all moments at once.

`evidence` is one for the mean of differences whose spread is unknown: the set of means that a t-test with a normal
prior on the effect size would not reject. That test is valid under optional stopping, because its Bayes factor with the
right Haar prior on the spread is a test martingale (Lai 1976; Hendriksen, de Heide and Grünwald 2021). `harm` knows the
spread from blocks before the experiment, so that it can speak after very few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import fmean, stdev

PRECISION = 2.0
"""The prior's precision: effects of about 0.7 standard deviations of a pair are found fastest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanBounds:
    """The mean of what was seen, and the bounds that hold at every moment with the level asked for."""

    mean: float
    low: float
    high: float


def evidence(differences: Sequence[float], *, error: float) -> MeanBounds:
    """Return the bounds of the mean. Each is wrong, ever, with a probability of at most `error`.

    Raises:
        ValueError: `error` is not between 0 and 0.5.
    """
    if not 0 < error < 0.5:  # noqa: PLR2004 - each side
        raise ValueError(f"error {error} is not between 0 and 0.5")
    count = len(differences)
    if not count:
        return MeanBounds(mean=0.0, low=-inf, high=inf)
    mean = fmean(differences)
    if count == 1:
        return MeanBounds(mean=mean, low=-inf, high=inf)
    share = PRECISION / (count + PRECISION)
    ratio = exp(2 / count * (-log(2 * error) - log(share) / 2))
    if share * ratio >= 1:
        return MeanBounds(mean=mean, low=-inf, high=inf)
    reach = (ratio - 1) / (1 - share * ratio)
    width = stdev(differences) * sqrt(reach * (count - 1) / count)
    return MeanBounds(mean=mean, low=mean - width, high=mean + width)


def harm(losses: Sequence[float], spread: float, *, error: float) -> bool:
    """Return whether the losses are surely above 0, when each has a known `spread` (its standard deviation).

    It says so wrongly, ever, with a probability of at most `error`, if losses are normal around at most 0.
    """
    if not losses or spread <= 0:
        return bool(losses) and min(losses) > 0
    count, total = len(losses), sum(losses) / spread
    if total <= 0:
        return False
    # A mixture over effects of both signs, of which one side is asked about.
    return total * total / (2 * (count + 1)) - log(count + 1) / 2 >= -log(2 * error)
