"""Goals: whether forecasts hold what their intervals say, and whether burn rates notice what burns and nothing else.

`python -m tests.benchmarks.bench_goals [--quick] [--seed N]`. Pure arithmetic in this process. The series are of six
kinds, with 14 to 60 days behind them and 1 to 30 ahead; the failures of a service come as single ones, as steady ones
within the budget, and as faults of different depth and length.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from grace_workers.cycles.goals import Goal, Measured, budget_of
from grace_workers.cycles.goals.futures import futures
from tests.benchmarks.machine import machine

Chance = np.random.Generator
Floats = NDArray[np.float64]
NOW = datetime(2026, 6, 30, tzinfo=UTC)
SLICE = timedelta(minutes=5)
GOAL = Goal(name="bench", indicator="healing_success", objective=0.99, window=timedelta(days=30), owner="bench")


def walk(count: int, step: float, chance: Chance) -> Floats:
    return np.cumsum(step * chance.standard_normal(count))


def related(count: int, chance: Chance) -> Floats:
    noise, found = 0.03 * chance.standard_normal(count + 50), np.zeros(count + 50)
    for at in range(1, count + 50):
        found[at] = 0.6 * found[at - 1] + noise[at]
    return found[50:] + 0.7


SERIES: Mapping[str, Callable[[int, Chance], Floats]] = {
    "noise": lambda n, c: 0.8 + 0.05 * c.standard_normal(n),
    "random walk": lambda n, c: 0.5 + walk(n, 0.03, c),
    "moving level": lambda n, c: 0.5 + walk(n, 0.01, c) + 0.04 * c.standard_normal(n),
    "trend": lambda n, c: 0.3 + c.uniform(-0.01, 0.01) * np.arange(n) + 0.04 * c.standard_normal(n),
    "related days": related,
    "shares of 40": lambda n, c: c.binomial(40, np.clip(0.75 + walk(n, 0.008, c), 0.02, 0.98)) / 40,
}


def forecasts(rounds: int, seed: int) -> None:
    """Print how often the outcome lay in the intervals, and the error of the next day over the naive forecast's."""
    all95: list[bool] = []
    all80: list[bool] = []
    scaled: list[float] = []
    for kind, make in SERIES.items():
        held: list[tuple[bool, bool]] = []
        for number in range(rounds):
            chance = np.random.default_rng([seed, number, len(kind)])
            known, ahead = int(chance.integers(14, 61)), int(chance.integers(1, 31))
            series = make(known + ahead, chance)
            drawn = futures(list(series[:known]), ahead, seed=number)
            low95, low80, high80, high95 = np.quantile(drawn[:, -1], (0.025, 0.1, 0.9, 0.975))
            held.append((low95 <= series[-1] <= high95, low80 <= series[-1] <= high80))
            naive = float(np.abs(np.diff(series[:known])).mean())
            scaled.append(abs(float(series[known]) - float(np.median(drawn[:, 0]))) / naive)
        in95, in80 = ([one[at] for one in held] for at in (0, 1))
        print(f"  {kind:14} 95 %: {np.mean(in95):.3f}   80 %: {np.mean(in80):.3f}")
        all95 += in95
        all80 += in80
    print(f"  all {len(all95)}       95 %: {np.mean(all95):.3f} (bar .93 to .97)   80 %: {np.mean(all80):.3f}")
    print(f"  MASE of the next day: {np.mean(scaled):.3f} (bar < .9)")


def failures(rates: Floats, traffic: float, chance: Chance) -> list[Measured]:
    totals = chance.poisson(traffic, size=len(rates))
    bad = chance.binomial(totals, rates)
    start = NOW - SLICE * len(rates)
    return [
        Measured(at=start + SLICE * at, good=float(total - failed), total=float(total))
        for at, (total, failed) in enumerate(zip(totals, bad, strict=True))
        if total
    ]


def fault(depth: float, slices: int) -> tuple[Floats, int]:
    """Three quiet days that end in a fault, and how long that lasts."""
    rates = np.full(864, 0.002)
    rates[-slices:] = depth
    return rates, slices


# Each quiet case is looked at as often as the longest fault.
QUIET: Sequence[tuple[Floats, int]] = [(np.full(864, rate), 144) for rate in (0.0, 0.001, 0.002, 0.005, 0.008)]
FAULTS: Sequence[tuple[Floats, int]] = [fault(*one) for one in ((0.3, 9), (0.5, 6), (0.15, 36), (1.0, 4), (0.08, 144))]


def alarmed(case: tuple[Floats, int], traffic: float, chance: Chance) -> bool:
    """Whether one of the looks, one a slice for that long, finds that the budget burns too fast."""
    rates, looks = case
    seen = failures(rates, traffic, chance)
    moments = [NOW - SLICE * back for back in range(looks)]
    return any(budget_of(GOAL, (), [one for one in seen if one.at < now], now).burning is not None for now in moments)


def burn_rates(rounds: int, seed: int) -> None:
    """Print precision and recall at each traffic."""
    hits = alarms = troubles = 0
    for traffic in (2.0, 20.0, 200.0):
        chance = np.random.default_rng([seed, int(traffic)])
        found = sum(alarmed(one, traffic, chance) for one in FAULTS for _ in range(rounds))
        false = sum(alarmed(one, traffic, chance) for one in QUIET for _ in range(rounds))
        of = len(FAULTS) * rounds
        print(f"  {traffic:5g} a slice: found {found} of {of}, false {false} of {len(QUIET) * rounds}")
        hits, alarms, troubles = hits + found, alarms + found + false, troubles + of
    print(f"  precision {hits / max(alarms, 1):.3f}, recall {hits / troubles:.3f} (bar .95 each)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(machine())
    print("forecasts")
    forecasts(30 if asked.quick else 167, asked.seed)
    print("burn rates")
    burn_rates(3 if asked.quick else 40, asked.seed)


if __name__ == "__main__":
    main()
