"""The line on an idle fleet: from an accepted signal to the decision, and to the verified cure of a known problem.

`python -m tests.benchmarks.bench_line [--quick]`. A whole node as `grace up` runs it, with its embedded servers and
real workers; the signals come over HTTP; the targets are real log directories over their quota, which the shipped
playbook `free_log_space` frees. One incident at a time.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.machine import machine
from tests.waiting import until

QUOTA = 200_000
OLD_FILES = 6
DECISION_BAR = 250
CURE_BAR = 1_000
ENDED = {"closed", "escalated", "refused"}


@dataclass(frozen=True)
class Heal:
    """One incident's milliseconds from the answer to its signal, and those of its stages."""

    decided: float
    verified: float
    acted: float
    stages: Mapping[str, float]


def declare(folder: Path, count: int) -> Path:
    """Write the settings file of a fleet with so many log directories, and return its path."""
    targets = []
    for number in range(count):
        root = folder / "logs" / str(number)
        root.mkdir(parents=True)
        name = f"logs-{number}"
        targets.append(
            {
                "name": name,
                "kind": "files",
                "owner": "internal",
                "connection": {"root": str(root), "quota": QUOTA},
            }
        )
    path = folder / "grace.yaml"
    path.write_text(yaml.safe_dump({"targets": targets}), encoding="utf-8")
    return path


def fill(root: Path) -> None:
    """Fill a log directory's quota with rotated logs, a day old and older."""
    for age in range(1, OLD_FILES + 1):
        path = root / f"app.log.{age}"
        path.write_bytes(os.urandom(int(QUOTA * 0.97) // OLD_FILES))
        old = time.time() - age * 86_400
        os.utime(path, (old, old))


def heal(client: httpx.Client, folder: Path, number: int) -> Heal:
    """Fill a directory, report it, and return the times of its cure."""
    fill(folder / "logs" / str(number))
    signal = {"name": "DiskFull", "target": f"logs-{number}", "summary": f"quota of directory {number} is used up"}
    answer = client.post("/api/v1/signals", json=signal).raise_for_status().json()
    accepted = time.time()
    incident = answer["receipts"][0]["incident"]
    story = until(lambda: _ended(client, incident), within=30, every=0.05)
    timeline = story["timeline"]
    if story["closing"] != "healed":
        raise AssertionError(f"incident {incident} ended {story['closing']}: {timeline}")
    at = {step["state"]: datetime.fromisoformat(step["at"]).timestamp() for step in timeline}
    took = {step["state"]: step["took"] * 1000 for step in timeline if step["took"] is not None}
    return Heal(
        decided=(at["granted"] - accepted) * 1000,
        verified=(at["verified"] - accepted) * 1000,
        acted=took["executed"],
        stages={step["state"]: (at[step["state"]] - accepted) * 1000 for step in timeline},
    )


def _ended(client: httpx.Client, incident: str) -> Any:
    story = client.get(f"/api/v1/incidents/{incident}").raise_for_status().json()
    return story if story["state"] in ENDED else None


def show(heals: Sequence[Heal]) -> None:
    """Print the two bars, and where the time goes."""
    decided = [one.decided for one in heals]
    cured = [one.verified - one.acted for one in heals]
    print(f"signal accepted -> decision, {len(heals)} incidents: {quantiles(decided)} (bar p95 < {DECISION_BAR} ms)")
    print(f"known problem, accepted -> verified less the action: {quantiles(cured)} (bar < {CURE_BAR} ms)")
    means = {state: statistics.median(one.stages[state] for one in heals) for state in heals[0].stages}
    print("  state reached after, median ms: " + ", ".join(f"{state} {ms:.0f}" for state, ms in means.items()))


def quantiles(values: Sequence[float]) -> str:
    """Return median, 95th percentile and maximum as text."""
    ordered = sorted(values)
    tail = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered):.0f} ms, p95 {tail:.0f} ms, max {ordered[-1]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 incidents instead of 80")
    quick = parser.parse_args().quick
    print(machine())
    count = 20 if quick else 80
    # X.parse_args().quick else 80
    with tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = declare(folder, count)
        node = NodeProcess(folder / "data", GRACE_CONFIG=str(settings))
        try:
            node.start().until_ready()
            token = until(lambda: _token(node.data_dir / "cli-token"), within=10)
            address = f"http://127.0.0.1:{node.api_port}"
            with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
                heals = [heal(client, folder, number) for number in range(count)]
        finally:
            node.close()
    # The fleet has just started: the first incident still fills caches, and shows as the maximum.
    show(heals)


def _token(path: Path) -> str | None:
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


if __name__ == "__main__":
    main()
