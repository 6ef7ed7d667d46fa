"""What two figures would cost that are no levers of the optimiser: how much a worker holds in advance, and the lease.

`python -m tests.benchmarks.bench_lever_costs`. Real workers of one slot, and one for urgent jobs, on a real Valkey.
Twenty ordinary jobs of half a second wait when an urgent one comes: after how long it begins. Then a worker is killed
while it runs a job: after how long another begins it.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.embedded import EmbeddedValkey
from tests.benchmarks.machine import machine
from tests.integration.celery.fleet import bells, ready, started, worker
from tests.waiting import until

JOBS, JOB_SECONDS = 20, 0.5
PREFETCHES, LEASES = (1, 4), (2, 5, 10)
AT_ONCE, TAKEN_OVER = 0.1, 3.0


def times(journal: redis.Redis) -> Mapping[str, float]:
    """Return when each job began, the last time."""
    found: Any = journal.lrange("started", 0, -1)
    return {line.split()[0].decode(): float(line.split()[1]) for line in found}


def urgent_wait(broker: str, folder: Path, prefetch: int) -> float:
    """Return after how many seconds an urgent job begins at a worker for which ordinary ones wait."""
    settings = {"RECORDING_SECONDS": str(JOB_SECONDS), "RECORDING_PREFETCH": str(prefetch)}
    doorbells, (urgent,) = DoorbellPublisher(broker), bells(1, priority=10)
    with (
        redis.Redis.from_url(broker) as journal,
        worker(broker, folder, concurrency=1, environment=settings),
    ):
        ready(journal)
        doorbells.ring(bells(JOBS))
        until(lambda: len(started(journal)) >= 1, within=20)
        time.sleep(JOB_SECONDS / 2)
        rung = time.time()
        doorbells.ring([urgent])
        until(lambda: str(urgent.job_id) in started(journal), within=30)
        told = times(journal)[str(urgent.job_id)] - rung
        journal.flushall()
    doorbells.close()
    return told


def taken_over_after(broker: str, folder: Path, lease: int) -> float:
    """Return after how many seconds another worker begins the job of a killed one."""
    settings = {"RECORDING_LEASE": str(lease)}
    doorbells, (held,) = DoorbellPublisher(broker), bells(1, name="test.hold")
    with (
        redis.Redis.from_url(broker) as journal,
        worker(broker, folder, name="victim", concurrency=1, environment=settings) as victim,
    ):
        ready(journal)
        doorbells.ring([held])
        until(lambda: len(started(journal)) == 1, within=20)
        with worker(broker, folder, name="other", concurrency=1, environment=settings):
            ready(journal, workers=1)
            # The other takes over nothing for one lease after it has connected.
            time.sleep(lease + 1)
            killed = time.time()
            victim.kill()
            until(lambda: len(started(journal)) == 2, within=4.0 * lease + 10)
            told = times(journal)[str(held.job_id)] - killed
            journal.set("release", 1)
        journal.flushall()
    doorbells.close()
    return told


def main() -> None:
    """Print the figures."""
    print(machine())
    with tempfile.TemporaryDirectory(prefix="grace-bench-") as name:
        server: Any = EmbeddedValkey(Path(name) / "valkey")
        server.start()
        try:
            for prefetch in PREFETCHES:
                waited = urgent_wait(server.url, Path(name), prefetch)
                print(f"prefetch {prefetch}: an urgent job began after {waited:.2f} s (bar {AT_ONCE})")
            for lease in LEASES:
                after = taken_over_after(server.url, Path(name), lease)
                print(f"lease {lease} s: a killed worker's job began again after {after:.2f} s (bar {TAKEN_OVER})")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
