"""The line on an idle fleet: from an accepted signal to the decision, and to the verified cure.

`python -m tests.benchmarks.bench_line [--quick]`. A whole node as `grace up` runs it, with its embedded servers and
real workers; the signals come over HTTP; the targets are real log directories over their quota, which the shipped
playbook `free_log_space` frees, here without its cooldown. One incident at a time.

Two paths are measured. A *known* problem: a few directories are healed until the diagnosis recognises the problem by
what it learned on that very directory and reads only what could refute it; later incidents count. An *unknown* problem:
a directory that never reported before, so that all evidence is read. An incident's diagnosis says which path it took.
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

from grace_workers.diagnosis import Strength
from tests.acceptance.fleet import ROOT, NodeProcess
from tests.benchmarks.machine import machine
from tests.waiting import until

QUOTA = 200_000
OLD_FILES = 6
DECISION_BAR = 250
CURE_BAR = 1_000
LESSONS = 5
# A node boots in about ten seconds, or longer on a busy machine.
BOOTED_WITHIN = 180.0
ENDED = {"closed", "escalated", "refused"}
KNOWN = [f"known-{number}" for number in range(4)]
PLAYBOOK = "free_log_space.yaml"
UNHELD = {"at_once": 10_000, "per_hour": 1_000_000, "most_down_from": 100_000}
# A directory that is full again and again does not count as flapping here.
STEADY = {"flap_openings": 1_000}
TIRELESS = {"cooldown": "0s", "max_runs_per_hour": 1000, "stop_after_ineffective": 2}


@dataclass(frozen=True)
class Heal:
    """One incident's milliseconds from the answer to its signal, and those of its stages.

    `recognised`: exact knowledge of this very target named the cause, and only what could refute it was read.
    """

    decided: float
    verified: float
    acted: float
    stages: Mapping[str, float]
    recognised: bool


@dataclass(frozen=True)
class Fleet:
    """A client of the node, and the folder of the log directories."""

    client: httpx.Client
    folder: Path

    def heal(self, target: str) -> Heal:
        """Fill a directory, report it, and return the times of its cure."""
        fill(self.folder / target)
        signal = {"name": "DiskFull", "target": target, "summary": f"the quota of {target} is used up"}
        answer = self.client.post("/api/v1/signals", json=signal).raise_for_status().json()
        accepted = time.time()
        incident = answer["receipts"][0]["incident"]
        story = until(lambda: self._ended(incident), within=30, every=0.05)
        if story["closing"] != "healed":
            raise AssertionError(f"incident {incident} ended {story['closing']}: {story['timeline']}")
        return _told(story, accepted)

    def teach(self, target: str) -> int:
        """Heal a directory until its problem is recognised; return how many cures that took."""
        for lessons in range(LESSONS):
            if self.heal(target).recognised:
                return lessons
        raise AssertionError(f"{target} was healed {LESSONS} times and is not a known problem")

    def _ended(self, incident: str) -> Any:
        story = self.client.get(f"/api/v1/incidents/{incident}").raise_for_status().json()
        return story if story["state"] in ENDED else None


def declare(folder: Path, names: Sequence[str]) -> Path:
    """Write the settings file of a fleet with these log directories, and return its path."""
    targets = []
    for name in names:
        root = folder / "logs" / name
        root.mkdir(parents=True)
        connection = {"root": str(root), "quota": QUOTA}
        targets.append({"name": name, "kind": "files", "owner": "internal", "connection": connection})
    # A playbook of the fleet's own replaces the shipped one of its name.
    playbooks = folder / "playbooks"
    playbooks.mkdir()
    shipped = yaml.safe_load((ROOT / "playbooks" / PLAYBOOK).read_text(encoding="utf-8"))
    (playbooks / PLAYBOOK).write_text(yaml.safe_dump(shipped | {"guards": TIRELESS}), encoding="utf-8")
    path = folder / "grace.yaml"
    policy = folder / "policy.yaml"
    policy.write_text(yaml.safe_dump({"version": 1, "storm": UNHELD}), encoding="utf-8")
    found = {"playbooks": [str(playbooks)], "policy": str(policy), "targets": targets, "line": STEADY}
    path.write_text(yaml.safe_dump(found), encoding="utf-8")
    return path


def fill(root: Path) -> None:
    """Fill a log directory's quota with rotated logs, a day old and older."""
    for age in range(1, OLD_FILES + 1):
        path = root / f"app.log.{age}"
        path.write_bytes(os.urandom(int(QUOTA * 0.97) // OLD_FILES))
        old = time.time() - age * 86_400
        os.utime(path, (old, old))


def _told(story: Mapping[str, Any], accepted: float) -> Heal:
    timeline, diagnosis = story["timeline"], story["diagnosis"]
    at = {step["state"]: datetime.fromisoformat(step["at"]).timestamp() for step in timeline}
    took = {step["state"]: step["took"] * 1000 for step in timeline if step["took"] is not None}
    return Heal(
        decided=(at["granted"] - accepted) * 1000,
        verified=(at["verified"] - accepted) * 1000,
        acted=took["executed"],
        stages={step["state"]: (at[step["state"]] - accepted) * 1000 for step in timeline},
        recognised=diagnosis["hypotheses"][0]["strength"] == Strength.EXACT and len(diagnosis["evidence"]) == 1,
    )


def show(kind: str, heals: Sequence[Heal], bar: str = "") -> None:
    """Print one path's figures, how many incidents took it, and where the time goes."""
    recognised = sum(one.recognised for one in heals)
    decided = [one.decided for one in heals]
    cured = [one.verified - one.acted for one in heals]
    print(f"{kind} problem: {len(heals)} incidents, {recognised} of them recognised by exact knowledge")
    print(f"  signal accepted -> decision: {quantiles(decided)} (bar p95 < {DECISION_BAR} ms)")
    print(f"  accepted -> verified less the action: {quantiles(cured)}{bar}")
    means = {state: statistics.median(one.stages[state] for one in heals) for state in heals[0].stages}
    print("  state reached after, median ms: " + ", ".join(f"{state} {ms:.0f}" for state, ms in means.items()))


def quantiles(values: Sequence[float]) -> str:
    """Return median, 95th percentile and maximum as text."""
    ordered = sorted(values)
    tail = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered):.0f} ms, p95 {tail:.0f} ms, max {ordered[-1]:.0f} ms"


def measure(fleet: Fleet, fresh: Sequence[str]) -> None:
    """Heal every fresh directory once and a known one after each, so that both meet the same conditions; print both."""
    lessons = [fleet.teach(target) for target in KNOWN]
    unknown, known = [], []
    for number, target in enumerate(fresh):
        unknown.append(fleet.heal(target))
        known.append(fleet.heal(KNOWN[number % len(KNOWN)]))
    print(f"cures until a problem was known, by directory: {lessons}")
    show("known", known, f" (bar < {CURE_BAR} ms)")
    show("unknown", unknown)
    if not all(one.recognised for one in known) or any(one.recognised for one in unknown):
        raise AssertionError("an incident did not take the path that its figure is named after")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 incidents of each kind instead of 80")
    quick = parser.parse_args().quick
    print(machine())
    fresh = [f"fresh-{number}" for number in range(20 if quick else 80)]
    with tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        settings = declare(folder, [*fresh, *KNOWN])
        node = NodeProcess(folder / "data", GRACE_CONFIG=str(settings))
        try:
            node.start().until_ready(within=BOOTED_WITHIN)
            token = until(lambda: _token(node.data_dir / "cli-token"), within=10)
            address = f"http://127.0.0.1:{node.api_port}"
            with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
                measure(Fleet(client, folder / "logs"), fresh)
        finally:
            node.close()


def _token(path: Path) -> str | None:
    return path.read_text(encoding="utf-8").strip() if path.exists() else None


if __name__ == "__main__":
    main()
