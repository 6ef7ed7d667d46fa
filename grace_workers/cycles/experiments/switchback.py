"""A switchback: the whole fleet runs blocks of time with the present setting and with the other one, in random order.

Work shares its queues, so it cannot be split between two settings at once. Blocks come in pairs, one of each setting,
because load moves over hours and hits both of a pair alike; what the neighbours of a pair tell about the load is taken
out of its gain, and before that what the load explains where it is known. First a pair after the other is looked at
until the effect is likely, or harm is sure, or there are enough; then fresh pairs, which had no part in the selection,
must confirm it. Pure: the caller asks for the next step after each block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import isfinite, log
from random import Random
from statistics import fmean, stdev

from grace_workers.cycles.experiments.covariate import slope
from grace_workers.cycles.experiments.neighbours import gains
from grace_workers.cycles.experiments.sequence import MeanBounds, evidence, harm

FEWEST_BEFORE = 8
PAIRS, SELECTING, FEWEST_FRESH = 30, 18, 8
"""The most pairs of an experiment, the most in which an effect must become likely, and the fewest that confirm it."""

SHOWN_ERROR = 0.05
"""How often each of the bounds that people see may be wrong."""

_SURE_EARLY, _SURE = 2.998, (
    *(2.046, 2.004, 1.973, 1.948, 1.928, 1.912, 1.899, 1.887, 1.878, 1.869, 1.862, 1.855, 1.850, 1.844, 1.840, 1.835),
    *(1.832, 1.828, 1.825, 1.822, 1.819),
)  # fmt: skip
"""The quantiles of Student's distributions: of 99 % for 8 fresh pairs, and of 96 % for 8 to 28, the last look."""


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

    `error` is the chance that the selection finds an effect where there is none. The confirmation lets a twentieth of
    those pass, so both together promote what does nothing with a probability of at most 1.5 %. `harm_error` is the
    chance that a harmless setting is given up.
    """

    before: tuple[float, ...]
    seed: int
    loads: tuple[float, ...] = ()
    error: float = 0.3
    harm_error: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what proves nothing. Raises ValueError."""
        if len(self.before) < FEWEST_BEFORE or not all(isfinite(one) and one > 0 for one in self.before):
            raise ValueError(f"an experiment needs {FEWEST_BEFORE} blocks before it, each with a value above 0")
        if self.loads and (
            len(self.loads) != len(self.before) or not all(isfinite(one) and one > 0 for one in self.loads)
        ):
            raise ValueError("an experiment needs the load of each block before it, above 0, or of none")


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
    """The next step and why, with the evidence of all pairs so far: gains as logarithms, so 0.05 is about 5 % less."""

    turn: Turn
    reason: str
    effect: MeanBounds
    confirmation: MeanBounds | None = None


def next_step(experiment: Experiment, results: Sequence[BlockResult]) -> Trial:
    """Return what follows from the blocks that have run, in their order. The same blocks give the same step.

    Raises:
        ValueError: a block is not the one that was due, or its value is not above 0.
    """
    _check(experiment, results)
    known, likely = len(results) // 2, _likely_at(experiment, results)
    effect = evidence(_gains(experiment, results, known), error=SHOWN_ERROR)
    if _harmed(experiment, results):
        return Trial(turn=Turn.STOP, reason="the other setting is surely worse", effect=effect)
    if likely is None and known >= SELECTING:
        return Trial(turn=Turn.DROP, reason=f"no likely effect in {known} pairs", effect=effect)
    if likely is not None:
        return _confirming(experiment, results, likely, effect)
    return _going_on(experiment, results, "selecting", effect)


def _confirming(experiment: Experiment, results: Sequence[BlockResult], likely: int, effect: MeanBounds) -> Trial:
    """Look at the fresh pairs after eight of them, and when there is room for no more."""
    known = len(results) // 2
    for count in dict.fromkeys((min(likely + FEWEST_FRESH, known), known)):
        fresh, left = _gains(experiment, results, count)[likely:], PAIRS - count
        bounds = _confirmed(fresh, left)
        held = bounds is not None and bounds.low > 0
        if held or (bounds is not None and not left):
            reason = f"{len(fresh)} fresh pairs {'confirm' if held else 'do not confirm'} it"
            turn = Turn.PROMOTE if held else Turn.DROP
            return Trial(turn=turn, reason=reason, effect=effect, confirmation=bounds)
    return _going_on(experiment, results, "confirming", effect)


def _going_on(experiment: Experiment, results: Sequence[BlockResult], doing: str, effect: MeanBounds) -> Trial:
    turn = Turn.RUN_OTHER if arm_of(experiment.seed, len(results)) is Arm.OTHER else Turn.RUN_PRESENT
    return Trial(turn=turn, reason=f"{doing}, pair {len(results) // 2 + 1}", effect=effect)


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


def _gains(experiment: Experiment, results: Sequence[BlockResult], pairs: int) -> list[float]:
    """Return the logarithm of present over other for the first pairs, less what load and neighbours explain.

    What the load explains was learnt before the experiment, so no setting can move it.
    """
    part = slope(experiment.loads, experiment.before) if experiment.loads else 0.0
    loads = experiment.loads or (1.0,) * len(experiment.before)
    before = [log(value) - part * log(load) for value, load in zip(experiment.before, loads, strict=True)]
    told = results[: 2 * pairs]
    values = [log(one.value) - part * log(one.load) for one in told]
    return gains(before, values, [one.arm is Arm.OTHER for one in told])


def _likely_at(experiment: Experiment, results: Sequence[BlockResult]) -> int | None:
    """Return after how many pairs an effect was likely, by what was known then."""
    counts = range(2, min(len(results) // 2, SELECTING) + 1)
    found = (count for count in counts if evidence(_gains(experiment, results, count), error=experiment.error).low > 0)
    return next(found, None)


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


def _confirmed(fresh: Sequence[float], left: int) -> MeanBounds | None:
    """Return the bounds if the fresh pairs are to be judged: after eight by a strict one, and when none are `left`.

    Both moments were chosen before, and a fair chance errs at one of them in a twentieth of all cases.
    """
    count = len(fresh)
    if count < FEWEST_FRESH or (left and count > FEWEST_FRESH):
        return None
    mean, error = fmean(fresh), stdev(fresh) / count**0.5
    width = (_SURE_EARLY if left else _SURE[count - FEWEST_FRESH]) * error
    return MeanBounds(mean=mean, low=mean - width, high=mean + width)
