"""A storm of one target on a running node: others do not have to wait for it."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.bench_line import declare, fill
from tests.waiting import until

pytestmark = pytest.mark.redteam

STORM = 400
LOOKED_AT_WITHIN = 15.0
ENDED = {"closed", "escalated", "refused"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="grace-storm-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    settings = declare(folder, ["host-a", "host-b"])
    node = NodeProcess(folder / "data", GRACE_CONFIG=str(settings)).start().unread()
    try:
        node.until_ready(within=300)
        token = until(lambda: (node.data_dir / "cli-token").read_text().strip(), within=10)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=headers, timeout=120) as made:
            yield made
    finally:
        node.close()


def looked_at(client: httpx.Client, incident: str) -> float:
    """Return when the line's first stage had looked at the incident, in seconds after now."""
    began = time.monotonic()

    def moved() -> Any:
        return client.get(f"/api/v1/incidents/{incident}").json()["state"] != "open"

    until(moved, within=240, every=0.05)
    return time.monotonic() - began


def test_a_storm_of_one_host_makes_no_other_host_and_no_operator_wait(client: httpx.Client, folder: Path) -> None:
    names = [f"Fault{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(STORM)]
    storm = [{"name": name, "target": "host-a", "severity": "critical"} for name in names]
    receipts = client.post("/api/v1/signals", json=storm).raise_for_status().json()["receipts"]
    fill(folder / "logs" / "host-b")
    other = {"name": "DiskFull", "target": "host-b", "severity": "warning", "summary": "the quota is used up"}
    incident = client.post("/api/v1/signals", json=other).raise_for_status().json()["receipts"][0]["incident"]
    order = {"target": "host-b", "reason": "it is full"}
    task = client.post("/elite/healing/task", json=order).raise_for_status().json()["id"]
    first = looked_at(client, incident)
    asked = until(lambda: client.get(f"/elite/tasks/{task}").json()["incident"], within=240, every=0.05)
    begun = looked_at(client, asked)
    figures = f"the other host was looked at after {first:.1f} s, what an operator asked for {begun:.1f} s later"
    assert first + begun < LOOKED_AT_WITHIN, figures
    assert len({one["incident"] for one in receipts}) == STORM
    last = receipts[-1]["incident"]
    until(lambda: client.get(f"/api/v1/incidents/{last}").json()["state"] in ENDED, within=240, every=0.5)
