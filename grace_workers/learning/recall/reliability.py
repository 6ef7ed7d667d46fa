"""`reliability`: whether stated probabilities came true as often as stated."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers stated between `low` and `high`: their number, their mean probability, and the share that was right."""

    low: float
    high: float
    count: int
    stated: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The reliability curve without empty bins, and its summary.

    `ece` is the mean distance between stated and observed, weighted by the counts; `brier` is the mean squared
    error of the answers. Both are None without answers.
    """

    bins: Sequence[Bin]
    count: int
    ece: float | None
    brier: float | None


def reliability(answers: Iterable[tuple[float, bool]]) -> Reliability:
    """Return the curve of answers, each a stated probability and whether the answer was right.

    Source: Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI
    2015.
    """
    sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for stated, right in answers:
        sorted_in[min(int(stated * _BINS), _BINS - 1)].append((stated, right))
    count = sum(map(len, sorted_in))
    bins = [_bin(at, found) for at, found in enumerate(sorted_in) if found]
    squares = sum((stated - right) ** 2 for found in sorted_in for stated, right in found)
    return Reliability(
        bins=bins,
        count=count,
        ece=sum(one.count * abs(one.stated - one.right) for one in bins) / count if count else None,
        brier=squares / count if count else None,
    )


def _bin(at: int, found: Sequence[tuple[float, bool]]) -> Bin:
    return Bin(
        low=at / _BINS,
        high=(at + 1) / _BINS,
        count=len(found),
        stated=sum(stated for stated, _ in found) / len(found),
        right=sum(right for _, right in found) / len(found),
    )
