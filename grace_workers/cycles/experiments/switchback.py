"""A switchback: the whole fleet runs blocks of time with the present setting and with the other one, in random order.

Work shares its queues, so it cannot be split between two settings at once. Blocks come in pairs, one of each setting,
because load moves over hours and hits both of a pair alike. First a pair after the other is looked at until the effect
is sure, or harm is, or there are enough; then fresh pairs, which had no part in the selection, must confirm it. Where
the load of each block is known, what it explains is taken out of a pair's gain first. Pure: who runs it asks for the
next step after each block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import isfinite, log
from random import Random
from statistics import fmean, stdev
from typing import assert_never

from grace_workers.cycles.experiments.covariate import slope
from grace_workers.cycles.experiments.sequence import MeanBounds, evidence, harm

FEWEST_BEFORE = 8
_ONE_SIDED = 0.896
"""The quantile of 80 % of Student's distribution with seven degrees of freedom, which eight pairs have."""


class Arm(StrEnum):
    """A setting that a block runs with."""

    PRESENT = "present"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockResult:
    """What a block showed, less its wash-out: the mean of what is to become smaller, above 0.

    `load` is how much work arrived, above 0, which no setting changes.
    """

    arm: Arm
    value: float
    load: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """How an experiment goes. `before` are blocks with the present setting that ran just before it, and their `loads`.

    `error` is the chance that the selection finds an effect where there is none. The confirmation lets a fifth of those
    pass, so both together promote what does nothing with a probability of at most 2 %. `harm_error` is the chance that
    a harmless setting is given up.
    """

    before: tuple[float, ...]
    seed: int
    loads: tuple[float, ...] = ()
    selecting: int = 22
    confirming: int = 8
    error: float = 0.1
    harm_error: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what proves nothing. Raises ValueError."""
        if len(self.before) < FEWEST_BEFORE or not all(isfinite(one) and one > 0 for one in self.before):
            raise ValueError(f"an experiment needs {FEWEST_BEFORE} blocks before it, each with a value above 0")
        if self.loads and (
            len(self.loads) != len(self.before) or not all(isfinite(one) and one > 0 for one in self.loads)
        ):
            raise ValueError("an experiment needs the load of each block before it, above 0, or of none")
        if self.selecting < 2 or self.confirming < 2:  # noqa: PLR2004 - one pair has no spread
            raise ValueError("an experiment selects and confirms with at least two pairs each")


class Turn(StrEnum):
    """What to do next: run a block with a setting, or end the experiment."""

    RUN_PRESENT = "run_present"
    RUN_OTHER = "run_other"
    PROMOTE = "promote"
    DROP = "drop"
    STOP = "stop"

    @property
    def ends(self) -> bool:
        """Whether the experiment is over; only `promote` keeps the other setting."""
        return self in {Turn.PROMOTE, Turn.DROP, Turn.STOP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The next step and why, with the evidence so far: gains as logarithms, so 0.05 is about 5 % less."""

    turn: Turn
    reason: str
    selection: MeanBounds
    confirmation: MeanBounds | None = None


def next_step(experiment: Experiment, results: Sequence[BlockResult]) -> Trial:
    """Return what follows from the blocks that have run, in their order. The same blocks give the same step.

    Raises:
        ValueError: a block is not the one that was due, or its value is not above 0.
    """
    _check(experiment, results)
    gains = _gains(experiment, results)
    harmed = _harmed(experiment, results)
    decided = _decided_at(experiment, gains)
    selection = evidence(gains[:decided] if decided else gains[: experiment.selecting], error=experiment.error)
    if harmed:
        return Trial(turn=Turn.STOP, reason="the other setting is surely worse", selection=selection)
    if decided is None and len(gains) >= experiment.selecting:
        return Trial(turn=Turn.DROP, reason=f"no sure effect in {len(gains)} pairs", selection=selection)
    fresh = gains[decided:] if decided else []
    if decided is not None and len(fresh) >= experiment.confirming:
        return _confirmed(fresh[: experiment.confirming], selection)
    arm = arm_of(experiment.seed, len(results))
    doing = "selecting" if decided is None else "confirming"
    turn = Turn.RUN_OTHER if arm is Arm.OTHER else Turn.RUN_PRESENT
    return Trial(turn=turn, reason=f"{doing}, pair {len(results) // 2 + 1}", selection=selection)


def _check(experiment: Experiment, results: Sequence[BlockResult]) -> None:
    for at, one in enumerate(results):
        if one.arm is not arm_of(experiment.seed, at):
            raise ValueError(f"block {at + 1} ran with the {one.arm} setting, which was not due")
        if not (isfinite(one.value) and isfinite(one.load) and min(one.value, one.load) > 0):
            raise ValueError(f"block {at + 1} has the value {one.value} and the load {one.load}; both must be above 0")


def arm_of(seed: int, block: int) -> Arm:
    """Return the setting with which a block runs, counted from 0: each pair of blocks has both, in random order."""
    arms = (Arm.PRESENT, Arm.OTHER)
    first = Random(f"{seed}:{block // 2}").random() < 0.5  # noqa: PLR2004,S311 - fair, and no secret
    return arms[block % 2] if first else arms[1 - block % 2]


def _gains(experiment: Experiment, results: Sequence[BlockResult]) -> list[float]:
    """Return the logarithm of present over other for each whole pair, less what the load explains.

    What it explains was learnt before the experiment, so no setting can move it.
    """
    part = slope(experiment.loads, experiment.before) if experiment.loads else 0.0
    return [_gain(*pair, part) for pair in zip(results[::2], results[1::2], strict=False)]


def _gain(first: BlockResult, second: BlockResult, part: float) -> float:
    ratio = log(first.value / second.value) - part * log(first.load / second.load)
    match first.arm:
        case Arm.PRESENT:
            return ratio
        case Arm.OTHER:
            return -ratio
        case _:
            assert_never(first.arm)


def _decided_at(experiment: Experiment, gains: Sequence[float]) -> int | None:
    """Return after how many pairs the selection was sure, as it was looked at after each."""
    most = min(len(gains), experiment.selecting)
    counts = range(2, most + 1)
    return next((count for count in counts if evidence(gains[:count], error=experiment.error).low > 0), None)


def _harmed(experiment: Experiment, results: Sequence[BlockResult]) -> bool:
    """Whether blocks with the other setting are surely worse than the newest ones with the present setting.

    The spread is that of neighbouring blocks before the experiment, so a slow move of the load is no harm.
    """
    logs = [log(one) for one in experiment.before]
    steps = [later - earlier for earlier, later in pairwise(logs)]
    spread = stdev(steps)
    present = logs[-2:]
    losses: list[float] = []
    for one in results:
        if one.arm is Arm.PRESENT:
            present = [present[-1], log(one.value)]
        else:
            losses.append(log(one.value) - fmean(present))
    return any(harm(losses[:count], spread, error=experiment.harm_error) for count in range(1, len(losses) + 1))


def _confirmed(fresh: Sequence[float], selection: MeanBounds) -> Trial:
    """Judge the fresh pairs once, at their end: that moment was chosen before."""
    mean, error = fmean(fresh), stdev(fresh) / len(fresh) ** 0.5
    bounds = MeanBounds(mean=mean, low=mean - _ONE_SIDED * error, high=mean + _ONE_SIDED * error)
    held = bounds.low > 0
    reason = f"{len(fresh)} fresh pairs {'confirm' if held else 'do not confirm'} it"
    turn = Turn.PROMOTE if held else Turn.DROP
    return Trial(turn=turn, reason=reason, selection=selection, confirmation=bounds)
