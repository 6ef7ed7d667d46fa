"""Switchback experiments: how often one promotes what does nothing, finds what helps, and stops what harms.

`python -m tests.benchmarks.bench_experiments [--quick] [--seed N]`. Pure arithmetic. A block's value has a noise
of 4 % and moves with a load that wanders from block to block; the noise has normal or heavy tails, and the load is
measured with an error of 2 % or not at all.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import fmean, median

import numpy as np

from grace_workers.cycles.experiments import Arm, BlockResult, Experiment, Turn, next_step
from grace_workers.cycles.experiments.limit import likely_passed, surely_passed
from tests.benchmarks.machine import machine

NOISE, SEEN, BACK = 0.04, 0.02, 0.98
SPREAD, FRESH = 0.1, 20
TAIL = 0.2


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How the simulated blocks vary: by how much the load wanders, the tails of the noise, and if the load is seen."""

    wander: float = 0.02
    heavy: bool = False
    seen: bool = False

    def __str__(self) -> str:
        load = "measured" if self.seen else "not measured"
        return f"load wanders by {self.wander:.0%} and is {load}; {'heavy' if self.heavy else 'normal'} tails"


class Fleet:
    """A simulated fleet, whose other setting makes a block's value smaller by `gain` (a logarithm)."""

    def __init__(self, gain: float, seed: Sequence[int], weather: Weather) -> None:
        self._chance = np.random.default_rng(seed)
        self._gain = gain
        self._weather = weather
        self._load = 0.0

    def block(self, arm: Arm) -> BlockResult:
        self._load = BACK * self._load + self._weather.wander * self._chance.standard_normal()
        heavy = self._chance.standard_t(4) / sqrt(2)
        noise = heavy if self._weather.heavy else self._chance.standard_normal()
        value = exp(self._load + NOISE * noise - (self._gain if arm is Arm.OTHER else 0.0))
        return BlockResult(arm=arm, value=value, load=exp(self._load + SEEN * self._chance.standard_normal()))


def experiment(fleet: Fleet, seed: Sequence[int], weather: Weather) -> tuple[Turn, int]:
    """Run one; return its end and how many blocks it took."""
    before = [fleet.block(Arm.PRESENT) for _ in range(24)]
    loads = tuple(one.load for one in before) if weather.seen else ()
    asked = Experiment(before=tuple(one.value for one in before), loads=loads, seed=seed[-1])
    results: list[BlockResult] = []
    while not (trial := next_step(asked, results)).turn.ends:
        results.append(fleet.block(Arm.OTHER if trial.turn is Turn.RUN_OTHER else Arm.PRESENT))
    return trial.turn, len(results)


def keys(seed: int, what: int, rounds: int) -> Iterator[tuple[int, int, int]]:
    """Yield the seeds of as many experiments."""
    return ((seed, what, number) for number in range(rounds))


def kept(rounds: int, seed: int, weather: Weather) -> list[float]:
    """Return what promoted settings gain on fresh blocks, of settings that are as often better as worse."""
    found = []
    for key in keys(seed, 1, rounds):
        fleet = Fleet(float(np.random.default_rng((*key, 1)).normal(0.0, SPREAD)), key, weather)
        turn, _ = experiment(fleet, key, weather)
        if turn is Turn.PROMOTE:
            pairs = [(fleet.block(Arm.PRESENT).value, fleet.block(Arm.OTHER).value) for _ in range(FRESH)]
            found.append(exp(fmean(log(present / other) for present, other in pairs)) - 1)
    return found


def share(ends: Sequence[tuple[Turn, int]], turn: Turn) -> float:
    return sum(one is turn for one, _ in ends) / len(ends)


def figures(rounds: int, seed: int, weather: Weather) -> None:
    """Print the figures of one kind of weather."""
    print(weather)
    ends = {
        gain: [
            experiment(Fleet(gain, key, weather), key, weather) for key in keys(seed, int(gain * 1000) + 9000, rounds)
        ]
        for gain in (0.0, -log(0.95), -log(1.2))
    }
    nothing, helps, harms = ends.values()
    promoted, given_up = share(nothing, Turn.PROMOTE), share(nothing, Turn.STOP)
    print(f"  no effect, {rounds} times: promoted {promoted:.1%} (bar 2 %), given up {given_up:.1%}")
    blocks = [count for turn, count in helps if turn is Turn.PROMOTE]
    took = f"median of {median(blocks or [0]):g} blocks, at most {max(count for _, count in helps)} (bar 60)"
    print(f"  5 % better: promoted {share(helps, Turn.PROMOTE):.1%} (bar 80 %), {took}")
    took = f"median of {median(count for _, count in harms):g} blocks (bar 5)"
    print(f"  20 % worse: stopped {share(harms, Turn.STOP):.1%}, {took}, promoted {share(harms, Turn.PROMOTE):.1%}")
    fresh = kept(rounds, seed, weather)
    lost = [sum(one < -least for one in fresh) / max(len(fresh), 1) for least in (0.1, 0.3)]
    told = f"{lost[0]:.1%} lose > 10 % on {FRESH} fresh pairs (bar 5 %), {lost[1]:.1%} >= 30 % (bar none)"
    print(f"  any effect: {len(fresh)} of {rounds} promoted, {told}")


def limits(rounds: int, seed: int) -> None:
    """Print how often a 99th percentile, which single blocks show with a noise of 20 %, ends an experiment."""
    print(f"the slowest jobs, whose 99th percentile has a noise of {TAIL:.0%}; 30 pairs")
    for ratio in (0.9, 1.0, 1.1, 1.3, 1.6, 2.0):
        blocks, refused = [], 0
        for key in keys(seed, int(ratio * 1000), rounds):
            chance = np.random.default_rng(key)
            before = list(np.exp(TAIL * chance.standard_normal(24)))
            others = [at % 2 == 1 for at in range(60)]
            since = [(other, exp(TAIL * chance.standard_normal()) * (ratio if other else 1.0)) for other in others]
            stopped = next((at for at in range(2, 61, 2) if surely_passed(before, since[:at])), None)
            blocks.append(stopped or 61)
            refused += stopped is not None or likely_passed(before, since)
        stops = sum(one <= 60 for one in blocks) / rounds
        told = f"stopped {stops:.1%}, median of {median(blocks):g} blocks" if stops > 0.5 else f"stopped {stops:.1%}"
        print(f"  {ratio:.1f} times as long: {told}; not promoted {refused / rounds:.1%}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wander", type=float, help="only where the load wanders by this much, such as 0.06")
    asked = parser.parse_args()
    print(machine())
    limits(50 if asked.quick else 500, asked.seed)
    for wander, seen in ((0.02, False), (0.06, False), (0.02, True), (0.06, True)):
        for heavy in (False, True) if asked.wander in {None, wander} else ():
            figures(50 if asked.quick else 500, asked.seed, Weather(wander=wander, heavy=heavy, seen=seen))


if __name__ == "__main__":
    main()
