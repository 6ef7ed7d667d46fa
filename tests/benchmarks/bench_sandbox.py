"""What a start in the sandbox costs, on every rung that holds here: until the program runs, and until it has ended.

The program is `true`, so the whole cost is the sandbox's. It is compared with Python's own start, `python -I -S -c
pass`, because the launcher is a Python program; the processor time of a start is shown too, which a busy machine does
not change.

The bar: p95 of the start at most 50 ms on a machine that has time.
"""

import resource
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.adapters.sandbox.ladder import RUNGS
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.adapters.sandbox.selftest import trouble_with
from grace_workers.coding import SandboxLimits

pytestmark = pytest.mark.bench

STARTS = 200
SYSTEM = Path("/usr")


def spread(spans: list[float]) -> str:
    ordered = sorted(spans)
    at = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3 for share in (0.5, 0.95, 0.99)}
    return f"p50 {at[0.5]:5.1f}, p95 {at[0.95]:5.1f}, p99 {at[0.99]:5.1f} ms"


def processor_time(run: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that one run costs children of ours."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(STARTS // 4):
        run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / (STARTS // 4) * 1e3


def test_a_start_in_the_sandbox():
    bare = [interpreter(), "-I", "-S", "-c", "pass"]
    alone = processor_time(lambda: subprocess.run(bare, check=True))
    print(f"\n{'Python alone':24} {alone:5.1f} ms of processor")
    for rung in RUNGS:
        trouble = trouble_with(rung)
        if trouble is not None:
            print(f"{rung.level:24} does not hold here: {trouble}")
            continue
        measure(RungSandbox(rung))


def measure(sandbox: RungSandbox) -> None:
    starts, wholes = [], []

    def run() -> None:
        began = time.perf_counter()
        with sandbox.start(["true"], folder=SYSTEM, limits=SandboxLimits()) as program:
            starts.append(time.perf_counter() - began)
            assert program.wait(timedelta(seconds=30)).code == 0
        wholes.append(time.perf_counter() - began)

    for _ in range(STARTS):
        run()
    spent = processor_time(run)
    print(f"{sandbox.level:24} start: {spread(starts)}; whole: {spread(wholes)}; {spent:.1f} ms of processor")
