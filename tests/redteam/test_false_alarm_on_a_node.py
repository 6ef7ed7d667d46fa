"""A whole node that healed a service three times is told that it is down while it runs and answers (D16, D23, D24)."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from grace_workers.adapters.embedded.place import free_port
from grace_workers.foundation.live_processes import live_processes
from tests.acceptance.fleet import NodeProcess
from tests.waiting import until

pytestmark = pytest.mark.redteam

PROGRAM = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"tea")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
ENDED = {"closed", "escalated", "refused"}
PLAYBOOK = """
name: quiet_by_log
description: Restarts a service until its log holds no error.
version: 1
aspect: performance
budget: 60s
when: {causes: [requested]}
steps: [{id: restart, primitive: restart_service}]
expectations:
  - {id: errors_stop, check: error_count, params: {window: 1}, operator: "==", bound: 0, within: 3s}
"""


@dataclass(frozen=True)
class Attacked:
    """The node's API, and the files of its one service."""

    client: httpx.Client
    folder: Path

    def pid(self) -> int:
        return int((self.folder / "shop.pid").read_text(encoding="ascii").splitlines()[0])

    def alarm(self, name: str = "InstanceDown") -> str:
        signal = {"name": name, "target": "shop", "summary": "shop is down"}
        answer = self.client.post("/api/v1/signals", json=signal).raise_for_status().json()
        return str(answer["receipts"][0]["incident"])

    def ended(self, incident: str) -> dict[str, Any]:
        found: dict[str, Any] = until(lambda: self._ended(incident), within=60, every=0.1)
        return found

    def known(self) -> Any:
        return self.client.get("/elite/healing/knowledge").raise_for_status().json()

    def _ended(self, incident: str) -> Any:
        story = self.client.get(f"/api/v1/incidents/{incident}").raise_for_status().json()
        return story if story["state"] in ENDED else None


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("false-alarm")
    port = free_port()
    program = folder / "shop.py"
    program.write_text(PROGRAM)
    log = folder / "shop.log"
    log.write_text("what no reader of logs knows\n" * 5)
    target = {
        "name": "shop",
        "kind": "process",
        "owner": "internal",
        "labels": {"health_path": "/", "watch": "off"},
        "connection": {
            "command": [sys.executable, str(program), str(port)],
            "pid_file": str(folder / "shop.pid"),
            "ready": {"tcp": f"127.0.0.1:{port}"},
            "http": f"http://127.0.0.1:{port}",
            "error_log": str(log),
        },
    }
    (folder / "playbooks").mkdir()
    (folder / "playbooks" / "quiet_by_log.yaml").write_text(PLAYBOOK)
    settings = folder / "grace.yaml"
    settings.write_text(yaml.safe_dump({"targets": [target], "playbooks": [str(folder / "playbooks")]}))
    node = NodeProcess(folder / "data", GRACE_CONFIG=str(settings)).start().unread()
    try:
        node.until_ready(within=120)
        token = until(lambda: _token(node.data_dir / "cli-token"), within=10)
        address = f"http://127.0.0.1:{node.api_port}"
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
            yield Attacked(client, folder)
    finally:
        node.close()
        for left in live_processes():
            with suppress(psutil.NoSuchProcess):
                if str(program) in left.cmdline():
                    left.kill()


def test_a_false_alarm_of_what_was_healed_three_times_changes_nothing(attacked: Attacked) -> None:
    for number in range(3):
        if number:
            _kill(attacked.pid())
        story = attacked.ended(attacked.alarm())
        assert story["closing"] == "healed", story["timeline"]
    pid, known = attacked.pid(), attacked.known()

    story = attacked.ended(attacked.alarm())

    assert (story["state"], story["closing"]) == ("escalated", "escalated"), story["timeline"]
    assert "alive of shop is 1" in story["reasons"][0]
    assert "error_count of shop could not be read" in json.dumps(story["reasons"])
    assert (attacked.pid(), attacked.known()) == (pid, known)


def test_nothing_is_verified_by_a_log_that_cannot_be_read(attacked: Attacked) -> None:
    order = {"target": "shop", "playbook": "quiet_by_log", "reason": "it is loud"}
    task = attacked.client.post("/elite/healing/task", json=order).raise_for_status().json()
    found = until(lambda: _incident(attacked, task), within=30)
    story = attacked.ended(found)
    assert (story["closing"], story["verdict"]) == ("escalated", "inconclusive"), story["timeline"]
    assert "cannot be read for errors" in json.dumps(story["reasons"])


def _incident(attacked: Attacked, task: dict[str, Any]) -> str | None:
    found = attacked.client.get(f"/elite/tasks/{task['id']}").raise_for_status().json()
    return found.get("incident")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", within=5)


def _token(path: Path) -> str | None:
    return path.read_text(encoding="utf-8").strip() if path.exists() else None
