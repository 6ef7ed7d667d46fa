"""Incoming alerts: how many a second one API accepts in large deliveries, new ones and repeats.

`python -m tests.benchmarks.bench_alerts [--quick]`. The real API over a real PostgreSQL and Valkey in this process,
without a worker; deliveries as Alertmanager sends them with `max_alerts: 1000`, about 1.3 MB each, one after another.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.acceptance.api_world import ApiWorld, api_world
from tests.benchmarks.machine import machine
from tests.conftest import migrate

ALERTS = 1_000
BAR = 5.0


def delivery(first: int, count: int) -> dict[str, Any]:
    """A group of distinct alerts of one target, each about as long as real ones are."""
    made = [
        {
            "status": "firing",
            "labels": {
                "alertname": "DeviceDown",
                "grace_target": "shop-web",
                "severity": "critical",
                "device": f"device-{number}",
                "team": "t" * 60,
                "region": "r" * 60,
            },
            "annotations": {"summary": f"device {number} is down", "description": "d" * 600},
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.internal:9090/graph?g0.expr=" + "u" * 100,
            "fingerprint": f"{number:016x}",
        }
        for number in range(first, first + count)
    ]
    return {"version": "4", "groupKey": "{}:{}", "alerts": made}


def milliseconds(world: ApiWorld, body: dict[str, Any], fate: str) -> float:
    """Send one delivery; return the milliseconds per alert."""
    began = time.perf_counter()
    answer = world.post("/api/v1/signals/alertmanager", body)
    took = time.perf_counter() - began
    fates = {one["fate"] for one in answer.raise_for_status().json()["receipts"]}
    if fates != {fate}:
        raise AssertionError(f"alerts were {fates}, expected {fate}")
    return took * 1000 / len(body["alerts"])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer deliveries")
    rounds = 2 if parser.parse_args().quick else 8
    print(machine())
    with tempfile.TemporaryDirectory(prefix="grace-bench-") as name:
        folder = Path(name)
        postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
        postgres.start()
        valkey.start()
        try:
            migrate(postgres.url)
            with api_world(postgres.url, valkey.url, folder) as world:
                measure(world, rounds)
        finally:
            valkey.stop()
            postgres.stop()


def measure(world: ApiWorld, rounds: int) -> None:
    """Send deliveries of new alerts, then each of them again."""
    world.client.timeout = 120.0
    bodies = [delivery(ALERTS * number, ALERTS) for number in range(rounds)]
    print(f"{rounds} deliveries of {ALERTS} alerts, {len(json.dumps(bodies[0])) / 1e6:.1f} MB each")
    for name, fate in (("new", "opened"), ("repeated", "repeated")):
        took = sorted(milliseconds(world, body, fate) for body in bodies)
        middle = took[len(took) // 2]
        print(f"{name}: {middle:.2f} ms an alert (bar {BAR:g}), from {took[0]:.2f} to {took[-1]:.2f}")
        print(f"{name}: {1000 / middle:.0f} alerts a second")


if __name__ == "__main__":
    main()
