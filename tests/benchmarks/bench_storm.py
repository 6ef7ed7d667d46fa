"""A storm on a running node: a thousand alerts over a hundred targets within a second, and a critical one behind them.

`python -m tests.benchmarks.bench_storm [--apart]`. A whole node as `grace up` runs it, with its embedded servers and
real workers. Ten targets have nine dependants each, and all of them report ten conditions; with `--apart` nothing
depends on anything. An incident is decided when it is diagnosed, handed to people or closed, or waits for its leader.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.machine import machine
from tests.waiting import until

CULPRITS, DEPENDANTS, CONDITIONS = 10, 9, 10
BOOTED_WITHIN, DECIDED_WITHIN = 240.0, 300.0
OTHER = "apart"


def declare(folder: Path, *, apart: bool) -> Path:
    """Write a settings file with the targets; return its place."""
    targets = []
    for culprit in range(CULPRITS):
        for number in range(DEPENDANTS + 1):
            needs = [] if apart or number == 0 else [f"c{culprit}-0"]
            targets.append((f"c{culprit}-{number}", needs))
    declared = []
    for name, needs in [*targets, (OTHER, [])]:
        place = folder / "logs" / name
        place.mkdir(parents=True)
        connection = {"root": str(place), "quota": 200_000}
        declared.append(
            {"name": name, "kind": "files", "owner": "internal", "connection": connection, "depends_on": needs}
        )
    settings = folder / "grace.yaml"
    settings.write_text(yaml.safe_dump({"targets": declared}))
    return settings


def deliveries() -> Sequence[Sequence[dict[str, Any]]]:
    """Return the storm: a delivery for each condition, dependants first."""
    names = [f"c{culprit}-{number}" for number in reversed(range(DEPENDANTS + 1)) for culprit in range(CULPRITS)]
    words = ["Slow", "Failing", "Refused", "Timeouts", "Retries", "Backlog", "Errors", "Stale", "Unready", "Flapping"]
    return [
        [{"name": f"Target{word}", "target": name, "severity": "error"} for name in names]
        for word in words[:CONDITIONS]
    ]


def rage(client: httpx.Client) -> tuple[float, float, str]:
    """Send the storm; return when it began, after how many seconds all was stored, and the critical one's incident."""
    began_at, began = time.time(), time.perf_counter()
    for number, body in enumerate(deliveries()):
        time.sleep(max(0.0, number / CONDITIONS - (time.perf_counter() - began)))
        # As Alertmanager does, try again what the API sheds.
        until(lambda sent=body: _taken(client, sent), within=DECIDED_WITHIN, every=0.1)
    stored = time.perf_counter() - began
    critical = {"name": "TargetDown", "target": OTHER, "severity": "critical"}
    receipts = client.post("/api/v1/signals", json=critical).raise_for_status().json()["receipts"]
    return began_at, stored, str(receipts[0]["incident"])


def _taken(client: httpx.Client, body: Sequence[dict[str, Any]]) -> bool:
    """Return whether the API took a delivery; 503 asks to send it again."""
    answer = client.post("/api/v1/signals", json=body)
    return answer.status_code != 503 and bool(answer.raise_for_status())


def incidents(client: httpx.Client) -> Sequence[Mapping[str, Any]]:
    """Return all incidents of the storm, by pages."""
    found: list[Mapping[str, Any]] = []
    while True:
        wanted: dict[str, Any] = {"limit": 500, **({"before": found[-1]["id"]} if found else {})}
        answer = until(lambda asked=wanted: _answered(client, asked), within=DECIDED_WITHIN, every=1.0)
        page = answer.json()
        found += page
        if len(page) < wanted["limit"]:
            return found


def _answered(client: httpx.Client, wanted: dict[str, Any]) -> httpx.Response | None:
    """Return a page of incidents; None while the API sheds load."""
    answer = client.get("/api/v1/incidents", params=wanted)
    return None if answer.status_code in {429, 503} else answer.raise_for_status()


def decided(one: Mapping[str, Any]) -> bool:
    """Return whether an incident is decided."""
    return one["state"] != "open" or (one["parked"] and one["part_of"] is not None)


def decision_of(client: httpx.Client, incident: str) -> float:
    """Return when an incident's first stage was over, as a Unix time; for one that waits, when it was opened."""
    story = client.get(f"/api/v1/incidents/{incident}").raise_for_status().json()
    stages = [one for one in story["timeline"] if one["stage"] != "signal" and one["state"] != "open"]
    told = (stages or story["timeline"])[0]["at"]
    return datetime.fromisoformat(told).timestamp()


def measure(client: httpx.Client) -> None:
    """Let the storm come, wait for its end, and print the figures."""
    began_at, stored, critical = rage(client)
    sent = time.time()
    until(lambda: all(map(decided, incidents(client))), within=DECIDED_WITHIN, every=3.0)
    found = incidents(client)
    storm = [one for one in found if one["id"] != critical]
    moments = [
        datetime.fromisoformat(one["opened_at" if one["state"] == "open" else "updated_at"]).timestamp()
        for one in storm
    ]
    first = min(decision_of(client, one["id"]) for one in storm[-CULPRITS:])
    print(f"{len(storm)} incidents of {CULPRITS * (DEPENDANTS + 1)} targets, in {_groups(storm)} groups")
    print(f"all stored {stored:.2f} s after the first was sent (sent over one second)")
    print(f"first decision after {first - began_at:.2f} s (bar 1)")
    print(f"all decided after {max(moments) - began_at:.2f} s (bar 15)")
    print(f"the critical one decided {decision_of(client, critical) - sent:.2f} s after it was stored (bar 1)")
    print(f"states: {dict(Counter('waits' if one['parked'] else one['state'] for one in storm))}")


def _groups(storm: Sequence[Mapping[str, Any]]) -> int:
    return sum(one["part_of"] is None for one in storm)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apart", action="store_true", help="nothing depends on anything")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="grace-bench-") as name:
        folder = Path(name)
        settings = declare(folder, apart=given.apart)
        node = NodeProcess(folder / "data", GRACE_CONFIG=str(settings)).start().unread()
        try:
            node.until_ready(within=BOOTED_WITHIN)
            token = until(lambda: (node.data_dir / "cli-token").read_text().strip(), within=10)
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=headers, timeout=120) as client:
                measure(client)
        finally:
            node.close()


if __name__ == "__main__":
    main()
