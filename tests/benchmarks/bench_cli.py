"""How long `grace --help` takes, compared with a Python that does nothing. The bar: below 0.4 seconds."""

import statistics
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.bench

RUNS = 15


def median(*arguments: str) -> float:
    spans = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def test_help():
    bare, helped = median("-c", "pass"), median("-m", "grace_workers", "--help")
    print(f"\ngrace --help: {helped * 1000:.0f} ms (bar 400 ms); an empty Python: {bare * 1000:.0f} ms")
