"""A real fleet whose levers were badly set, and what its optimiser makes of it beside the best of a full grid.

`python -m tests.benchmarks.bench_optimiser_fleet [--minutes N]`. A whole node as `grace up` runs it, under a steady
load of short healing jobs that only the relay rings for. First every value of a grid is measured; then the levers are
put back to the bad start, the cycle runs every two seconds, and a person approves its plans. At the end the values that
it chose and the best ones of the grid take turns, so neither the luck of the best nor a load that wanders counts.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from statistics import geometric_mean
from typing import Any

import httpx
from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.lever_limits import LeverLimits
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.settings import Settings
from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.machine import machine
from tests.waiting import until

BAD = {"healing_slots": 2, "look_every": 500}
GRID = {"healing_slots": (2, 6, 12), "look_every": (500, 150, 50, 10)}
BEST_KNOWN = {"healing_slots": 12, "look_every": 50}
JOBS_A_SECOND, JOB_SECONDS = 25.0, 0.04
BLOCK = timedelta(seconds=2)
CELL, SETTLES, ROUNDS = 6.0, 2.0, 3
MOST_TRIALS, BAR = 25, 0.95
BOOTED_WITHIN = 240.0
SETTINGS = {
    "GRACE_CYCLES__OPTIMISER": f"PT{BLOCK.seconds}S",
    "GRACE_POOLS__HEALING": "16",
    "GRACE_FLOWER__ENABLED": "false",
}


@dataclass
class Fleet:
    """The node under load, and how its levers are set and its jobs measured."""

    client: httpx.Client
    engine: Engine
    ledger: PostgresLedger

    def set(self, values: Mapping[str, int]) -> None:
        """Set levers by hand, at once."""
        limits = LeverLimits(self.engine, Settings().levers)
        for name, value in values.items():
            limits.set_limit(name, value)

    def seconds(self, values: Mapping[str, int], lasts: float = CELL) -> float:
        """Return the time of a job with these values, as the optimiser measures it, once nothing of before waits."""
        self.set(BEST_KNOWN)
        until(lambda: not self.waiting(), within=120, every=0.2)
        self.set(values)
        time.sleep(SETTLES)
        since = datetime.now(UTC)
        time.sleep(lasts)
        until_ = datetime.now(UTC)
        time.sleep(SETTLES)
        with self.ledger.transaction() as tx:
            (found,) = tx[LeverStore].blocks([(since, until_)], pool="healing")
        return found.seconds

    def waiting(self) -> bool:
        """Whether more jobs wait than came within a moment."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM jobs WHERE state = 'queued' AND pool = 'healing'")
            return bool(found.scalar_one() > JOBS_A_SECOND / 2)

    def get(self, path: str) -> Any:
        """Ask the API."""
        return self.client.get(f"/api/v1/{path}").raise_for_status().json()

    def post(self, path: str, **body: object) -> None:
        """Tell the API."""
        self.client.post(f"/api/v1/{path}", json=body).raise_for_status()

    def values(self) -> Mapping[str, int]:
        """Return the values in force."""
        return {one["name"]: one["value"] for one in self.get("levers")}


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """Start a node under load."""
    node = NodeProcess(folder / "data", **SETTINGS).start().unread()
    try:
        node.until_ready(within=BOOTED_WITHIN)
        token = until(lambda: (node.data_dir / "cli-token").read_text().strip(), within=10)
        engine = make_engine(node.database_url, application="bench", pool_size=4)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=headers, timeout=60) as client:
            made = Fleet(client, engine, PostgresLedger(engine))
            with loaded(made.ledger):
                yield made
        engine.dispose()
    finally:
        node.close()


@contextmanager
def loaded(ledger: PostgresLedger) -> Iterator[None]:
    """Submit jobs as they come by chance, each in a transaction of its own, so the relay alone rings for them."""
    stop, chance = threading.Event(), Random(20261201)

    def submit() -> None:
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            due += chance.expovariate(JOBS_A_SECOND)
            with ledger.transaction() as tx:
                order = {"name": "system.sleep", "pool": Pool.HEALING, "payload": {"seconds": JOB_SECONDS}}
                tx.jobs.submit([JobRequest(**order)])

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def grid(fleet: Fleet) -> dict[tuple[int, ...], float]:
    """Return the time of a job at every point of the grid, and print it."""
    found = {}
    for point in product(*GRID.values()):
        found[point] = fleet.seconds(dict(zip(GRID, point, strict=True)))
        print(f"  {dict(zip(GRID, point, strict=True))}: {found[point] * 1000:.0f} ms", flush=True)
    return found


def optimise(fleet: Fleet, within: float) -> Sequence[Mapping[str, Any]]:
    """Let the optimiser try at most 25 values, approving what it asks for; return its experiments, oldest first."""
    fleet.post("cycles/optimiser/resume", reason="the bench begins")
    deadline, told = time.monotonic() + within, 0
    while True:
        for asked in fleet.get("approvals"):
            fleet.client.post(f"/api/v1/approvals/{asked['id']}", json={"approved": True, "reason": "the bench"})
        past = fleet.get("experiments?past=200")["past"][::-1]
        for one in past[told:]:
            change = f"{one['lever']} {one['present']} -> {one['other']}"
            print(f"  {change}: {one['told']} ({one['gain'] or 0.0:+.1%}, {len(one['blocks'])} blocks)", flush=True)
        told = len(past)
        if told >= MOST_TRIALS or time.monotonic() > deadline:
            break
        time.sleep(1.0)
    fleet.post("cycles/optimiser/pause", reason="the bench ends")
    return list(past)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the optimiser may take")
    given = parser.parse_args()
    print(machine())
    with (
        tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True) as place,
        fleet(Path(place)) as made,
    ):
        made.post("cycles/optimiser/pause", reason="the grid is measured first")
        print(f"{JOBS_A_SECOND:.0f} jobs of {JOB_SECONDS * 1000:.0f} ms a second; the grid, ms from due to done:")
        measured = grid(made)
        best = dict(zip(GRID, min(measured, key=lambda one: measured[one]), strict=True))
        made.set(BAD)
        print(f"the optimiser begins with {BAD}:")
        past = optimise(made, given.minutes * 60)
        tell(made, best, {name: made.values()[name] for name in GRID}, past)


def tell(fleet: Fleet, best: Mapping[str, int], chosen: Mapping[str, int], past: Sequence[Mapping[str, Any]]) -> None:
    """Measure the values in turns, and print the figures."""
    turns = {name: [fleet.seconds(values)] for name, values in (("bad", BAD), ("best", best), ("chosen", chosen))}
    for _ in range(1, ROUNDS):
        for name, values in (("best", best), ("chosen", chosen)):
            turns[name].append(fleet.seconds(values))
    bad, top, got = (geometric_mean(turns[name]) for name in ("bad", "best", "chosen"))
    promoted = sum(one["state"] == "promoted" for one in past)
    print(f"start {bad * 1000:.0f} ms, best of the grid {best} {top * 1000:.0f} ms")
    print(f"chosen {chosen} {got * 1000:.0f} ms")
    print(f"chosen reaches {top / got:.2f} of the best of the grid (bar {BAR}), {bad / got:.2f} x the start (bar 1.25)")
    print(f"{len(past)} trials (bar {MOST_TRIALS}), {promoted} promoted")
    failed = fleet.engine.connect().exec_driver_sql("SELECT count(*) FROM jobs WHERE state IN ('failed', 'dead')")
    print(f"jobs lost or failed: {failed.scalar_one()} (bar 0)")


if __name__ == "__main__":
    main()
