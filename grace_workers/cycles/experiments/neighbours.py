"""What the blocks around a pair tell about the load at its time, so that a load that wanders hides less. Pure.

The load is taken for a random walk under noise, and the gain of each pair is read from what is left of its blocks after
their neighbours have told the load (generalised least squares). That is how field trials take out the soil: Besag and
Kempton, "Statistical analysis of field experiments using neighbouring plots", Biometrics 42 (1986).

How well that model fits decides how much is gained by it, not whether the result holds: which block of a pair comes
first was drawn by chance, so without an effect each gain is as likely to be negative as positive (Bojinov, Simchi-Levi
and Zhao, "Design and analysis of switchback experiments", Management Science 69, 2023).
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

_CALMEST, _WILDEST = 0.05, 10.0


def wandering(values: Sequence[float]) -> float:
    """Return how many times the steps of the load have the variance of the noise, at least 0.05 and at most 10.

    Two neighbouring steps share the noise of one block, which tells noise and load apart.
    """
    steps = [later - earlier for earlier, later in pairwise(values)]
    spread = fmean(one * one for one in steps)
    noise = max(-fmean(one * other for one, other in pairwise(steps)), spread * 1e-6)
    return min(max(spread / noise - 2, _CALMEST), _WILDEST) if spread else _CALMEST


def left_over(values: Sequence[float], wander: float) -> list[float]:
    """Return what is left of each value without the level that it and its neighbours tell.

    The level is the one that varies least for how well it fits (a local level model), found in one pass back and forth.
    """
    weight, last = 1 / wander, len(values) - 1
    shares: list[float] = []
    levels: list[float] = []
    share = level = 0.0
    for at, value in enumerate(values):
        inner = (weight if at else 0.0) + (weight if at < last else 0.0)
        pivot = 1 + inner - (weight * share if at else 0.0)
        level = (value + (weight * level if at else 0.0)) / pivot
        share = weight / pivot
        shares.append(share)
        levels.append(level)
    for at in range(last - 1, -1, -1):
        levels[at] += shares[at] * levels[at + 1]
    return [value - level for value, level in zip(values, levels, strict=True)]


def gains(before: Sequence[float], values: Sequence[float], others: Sequence[bool]) -> list[float]:
    """Return the gain of each pair, present less other, in the unit of the values; their mean is the effect.

    `before` are the values of the blocks before the first pair; `others` says which blocks have the other setting.
    """
    if not values:
        return []
    wander = wandering([*before, *values])
    halves = [0.0] * len(before) + [-0.5 if other else 0.5 for other in others]
    told = left_over([*before, *values], wander)
    design = left_over(halves, wander)
    first = range(len(before), len(halves), 2)
    scale = fmean(halves[at] * design[at] + halves[at + 1] * design[at + 1] for at in first)
    return [(halves[at] * told[at] + halves[at + 1] * told[at + 1]) / scale for at in first]
