"""How well alerts of one fault are grouped, on generated systems that the code was not tuned for.

`python -m tests.benchmarks.bench_correlation [--seed N] [--seeds N]`. It prints pairwise precision, recall and F1 of
the final groups, after adding one alert at a time in order of time, with the adapter in `recognition.py`.
"""

import argparse
import time

from tests.benchmarks.machine import machine
from tests.benchmarks.recognition import Correlator
from tests.benchmarks.topologies import Shape, failing, pairwise

BAR = 0.93
SHAPES = {
    "as usual": Shape(),
    "few targets": Shape(targets=20, layers=3),
    "many targets": Shape(targets=200, gap=300),
    "wide and flat": Shape(targets=100, layers=3),
    "a tree": Shape(needs=1),
    "slow alerts": Shape(delay=40, gap=1_200),
    "fast alerts": Shape(delay=3),
    "silent culprits": Shape(silent=0.4),
    "much noise": Shape(noise=0.25),
    "noise looks alike": Shape(noise=0.25, alike=True),
    "faults overlap": Shape(gap=240),
    "15 % undeclared": Shape(hidden=0.15),
}


def scores(shape: Shape, seed: int) -> tuple[float, float, float, float]:
    """Return precision, recall, F1 and alerts per second for one system."""
    made = failing(shape, seed)
    correlator = Correlator(made.depends_on)
    began = time.perf_counter()
    ids = [correlator.group(one.at, one.target, one.name) for one in made.alerts]
    speed = len(ids) / (time.perf_counter() - began)
    return (*pairwise([one.fault for one in made.alerts], list(correlator.resolve(ids))), speed)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=3, help="how many systems of each shape")
    given = parser.parse_args()
    print(machine())
    print(f"{'shape':17} {'precision':>9} {'recall':>7} {'F1':>6} {'least':>6} {'alerts/s':>9}   (bar F1 {BAR})")
    for name, shape in SHAPES.items():
        found = [scores(shape, given.seed + at) for at in range(given.seeds)]
        precision, recall, f1, speed = (sum(column) / len(found) for column in zip(*found, strict=True))
        least = min(one[2] for one in found)
        print(f"{name:17} {precision:9.3f} {recall:7.3f} {f1:6.3f} {least:6.3f} {speed:9.0f}")


if __name__ == "__main__":
    main()
