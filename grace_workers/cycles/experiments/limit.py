"""What another setting may not make worse while it makes something else better, such as the slowest jobs. Pure.

A limit need not improve. It ends an experiment as soon as it is surely passed, by the same mixture as harm, and at the
end it forbids a promotion if it is likely passed.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log
from statistics import fmean, stdev

from grace_workers.cycles.experiments.sequence import harm

TOLERANCE = 0.1
"""By how much more a figure may be, because single blocks differ by as much without a cause."""

ERROR = 0.02
LIKELY = 1.0
FEWEST = 3


def surely_passed(before: Sequence[float], results: Sequence[tuple[bool, float]]) -> bool:
    """Whether the figure is surely more than 10 % higher in blocks with the other setting. All values are above 0.

    `before` are blocks that ran before the experiment, at least three; `results` are those since, in their order, each
    with whether it ran with the other setting. It says so wrongly, ever, with a probability of at most 2 %.
    """
    spread = _spread(before)
    losses = _losses(before, results)
    return any(harm(losses[:count], spread, error=ERROR) for count in range(1, len(losses) + 1))


def likely_passed(before: Sequence[float], results: Sequence[tuple[bool, float]]) -> bool:
    """Whether the mean of all blocks is more than 10 % higher, and by more than its own error."""
    losses = _losses(before, results)
    if not losses:
        return False
    return bool(fmean(losses) > LIKELY * _spread(before) / len(losses) ** 0.5)


def _losses(before: Sequence[float], results: Sequence[tuple[bool, float]]) -> Sequence[float]:
    """Return how far each block with the other setting is beyond the tolerance, against the newest ones without it."""
    present, losses = [log(one) for one in before[-2:]], list[float]()
    for other, value in results:
        if other:
            losses.append(log(value) - fmean(present[-2:]) - log(1 + TOLERANCE))
        else:
            present.append(log(value))
    return losses


def _spread(before: Sequence[float]) -> float:
    if len(before) < FEWEST:
        raise ValueError(f"a limit needs {FEWEST} blocks before the experiment, not {len(before)}")
    return stdev(later - earlier for earlier, later in pairwise([log(one) for one in before]))
