"""How long a person waits: `grace --help`, a first `grace up` in an empty folder, and a second one on the same data.

`python -m tests.benchmarks.bench_start [--quick]`. Real processes; every figure is wall time as a user sees it.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.machine import machine

HELP_BAR = 0.4
READY_BAR = 20.0
GRACE = str(Path(sys.executable).parent / "grace")


def time_help(runs: int) -> list[float]:
    """Return the seconds of each `grace --help`, after one that fills the file cache."""
    took = []
    for _ in range(runs + 1):
        began = time.monotonic()
        subprocess.run([GRACE, "--help"], check=True, stdout=subprocess.DEVNULL)
        took.append(time.monotonic() - began)
    return took[1:]


def time_fleet(folder: Path) -> tuple[float, float]:
    """Return the seconds from `grace up` to a ready fleet: with an empty folder, and again on the same data."""
    took = []
    for _ in range(2):
        node = NodeProcess(folder / "data")
        began = time.monotonic()
        try:
            node.start().until_ready()
            took.append(time.monotonic() - began)
        finally:
            node.close()
    return took[0], took[1]


def spread(took: Sequence[float]) -> str:
    """Return median, smallest and largest as text."""
    return f"median {statistics.median(took):.2f} s, {min(took):.2f} to {max(took):.2f} s, {len(took)} runs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one fleet instead of three")
    quick = parser.parse_args().quick
    print(machine())
    print(f"grace --help: {spread(time_help(10))} (bar < {HELP_BAR} s)")
    starts = []
    for _ in range(1 if quick else 3):
        with tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True) as name:
            starts.append(time_fleet(Path(name)))
    print(f"fleet ready, empty folder: {spread([first for first, _ in starts])} (bar < {READY_BAR:.0f} s)")
    print(f"fleet ready, same data again: {spread([again for _, again in starts])} (bar < {READY_BAR:.0f} s)")


if __name__ == "__main__":
    main()
