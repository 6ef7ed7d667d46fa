"""One incident, followed from the request that reported it through API, broker and pools: one tree of spans."""

import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from grace_workers.adapters.embedded.place import free_port
from tests.acceptance.otlp_receiver import Seen, receiving
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


SAID = {"url.path", "grace.signals", "grace.jobs", "grace.job", "grace.attempt", "grace.pool", "grace.incident",
        "grace.step", "grace.target"}  # fmt: skip
# Celery writes this from within its signal handler, bypassing logging.
GOODBYE = {"", "worker: Warm shutdown (MainProcess)"}
# Readiness, playbooks, the control plane and queues.
FIGURES = {"grace_ready", "grace_playbooks", "grace_instances_alive", "grace_leader_present", "grace_kernel_state",
           "grace_queue_depth", "grace_jobs", "grace_jobs_ended", "grace_job_run_duration_seconds"}  # fmt: skip
STAGES = ("diagnosis", "plan", "governance", "contract", "snapshot", "execute", "verify", "learn")


@pytest.mark.fleet
def test_one_incident_is_one_tree_of_spans_across_all_processes(make_node, node_folder):
    port = free_port()
    # If a periodic look found the service down first, it would open the incident and own its trace.
    (node_folder / "grace.yaml").write_text(
        "cycles:\n  triggers: P1D\ntargets:\n  - name: shop\n    kind: process\n    owner: internal\n    connection:\n"
        f"      command: [python3, -m, http.server, '{port}', --bind, 127.0.0.1]\n"
        f"      pid_file: {node_folder / 'shop.pid'}\n      cwd: {node_folder}\n"
        f"      http: 'http://127.0.0.1:{port}'\n"
    )
    with receiving() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        settings["OTEL_METRIC_EXPORT_INTERVAL"] = "1000"
        node = make_node(GRACE_FLOWER__ENABLED="false", **settings).start().until_ready()
        token = (node.data_dir / "cli-token").read_text()
        headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{TRACE}-{CALLER}-01"}
        api = httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}/api/v1", headers=headers, timeout=10)
        body = {"name": "heartbeat_stall", "target": "shop", "severity": "critical", "summary": "password=hunter2"}
        with api:
            incident = api.post("/signals", json=body).json()["receipts"][0]["incident"]
            del api.headers["traceparent"]
            try:
                until(lambda: api.get(f"/incidents/{incident}").json()["state"] == "closed", within=40)
            finally:
                if (node_folder / "shop.pid").exists():
                    os.kill(int((node_folder / "shop.pid").read_text().split()[0]), signal.SIGTERM)
        wanted = {"stage learn", "step restart_service", "job incident.advance"}
        with suppress(AssertionError):
            until(lambda: wanted <= {one.name for one in collector.of_trace(TRACE)}, within=10)
        assert wanted <= {one.name for one in collector.of_trace(TRACE)}
        # A collector that once was slow to answer is left alone for a while.
        until(lambda: {one.name for one in collector.figures} >= FIGURES, within=60)
        node.interrupt()
        spans = collector.of_trace(TRACE)
    assert_one_tree(spans)
    assert {key for one in spans for key in one.said} == SAID
    assert {one.said["url.path"] for one in spans if "url.path" in one.said} == {"/api/v1/signals"}
    assert {one.said["grace.incident"] for one in spans if "grace.incident" in one.said} == {incident}
    assert_logs_are_json(node.data_dir / "log")


def assert_one_tree(spans: Sequence[Seen]) -> None:
    """Check that the request is the root, and each step, stage and job is below what caused it."""
    by_id = {one.id: one for one in spans}
    above = {one.name: by_id[one.parent].name for one in spans if one.parent in by_id}
    (top,) = [one for one in spans if one.parent not in by_id]
    assert (top.name, top.parent, top.service) == ("HTTP POST", CALLER, "grace-api")
    assert above["signal.accept"] == "HTTP POST"
    assert above["stage execute"] == above["stage diagnosis"] == "job incident.advance"
    assert above["step restart_service"] == "stage execute"
    assert above["job.wait"] == above["job incident.advance"] == above["job.claim"] == "job.submit"
    services = [one.service for one in spans if one.name == "job incident.advance"]
    assert services == ["grace-worker"] * 2
    assert all(one.ended >= one.begun for one in spans)
    assert {one.name for one in spans if one.name.startswith("stage")} == {f"stage {name}" for name in STAGES}


def assert_logs_are_json(folder: Path) -> None:
    """Check that every log line of every process is an object that says when, how severe, what and where."""
    written = {path.stem: path.read_text().splitlines() for path in folder.glob("*.log")}
    written = {name: [line for line in text if line not in GOODBYE] for name, text in written.items()}
    assert written.keys() == {"api", "beat", "coding", "control", "fork-server", "healing", "orchestration"}
    assert written.pop("fork-server") == []
    lines = {name: [json.loads(line) for line in text] for name, text in written.items()}
    for line in (line for found in lines.values() for line in found):
        assert {"timestamp", "level", "event", "instance"} <= line.keys(), line
    posts = [line for line in lines["api"] if line.get("method") == "POST"]
    assert [(line["path"], line["trace"]) for line in posts] == [("/api/v1/signals", TRACE)]
    assert not any("hunter2" in text for found in written.values() for text in found)
