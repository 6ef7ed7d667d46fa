"""A node heals its own parts: what hangs is replaced, orders are carried out, what cannot be repaired escalates."""

import json
import os
import signal
import socket
import subprocess
from contextlib import closing
from typing import Any

import psutil
import psycopg
import pytest

from grace_workers.bootstrap.client import client_ledger
from grace_workers.orchestration.job import JobRequest, Pool
from tests.acceptance.fleet import NodeProcess
from tests.acceptance.ready_command import run
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

# The bar is three seconds. On a machine so busy that the node itself is late, a child's silence does not count.
SEEN_WITHIN = 6
BACK_WITHIN = 30
AUDITED = """
SELECT entry ->> 'action', entry ->> 'outcome'
FROM (SELECT entry FROM audit_log UNION ALL SELECT entry FROM audit_inbox) AS every
"""


def cli(node: NodeProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(arguments, node.data_dir.parent, node.environment, 100)


def rows(node: NodeProcess, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(node.database_url) as session:
        return session.execute(statement).fetchall()


def kernel(node: NodeProcess, name: str) -> dict[str, Any]:
    return node.said()["kernels"].get(name, {})


def is_back(node: NodeProcess, name: str, first: int) -> bool:
    child = node.children()[name]
    return child["state"] == "ready" and child["pid"] not in {None, first}


@pytest.mark.fleet
def test_processes_that_are_frozen_are_seen_and_replaced(shared_node):
    names = ("control", "healing", "beat", "api")
    first = {name: shared_node.pid_of(name) for name in names}
    for pid in first.values():
        os.kill(pid, signal.SIGSTOP)
    for name in names:
        until(lambda name=name: shared_node.children()[name]["restarts"] > 0, within=SEEN_WITHIN)
        assert shared_node.children()[name]["trouble"].startswith("hung: stopped")
    for name in names:
        until(lambda name=name: is_back(shared_node, name, first[name]), within=BACK_WITHIN)


@pytest.mark.fleet
def test_the_job_of_a_killed_pool_child_continues_in_the_next_one(shared_node):
    worker = psutil.Process(shared_node.pid_of("coding"))
    order = JobRequest(name="system.sleep", pool=Pool.CODING, payload={"seconds": 1.5})
    with closing(client_ledger(shared_node.database_url)) as ledger, ledger.transaction() as transaction:
        (job,) = transaction.jobs.submit([order])
    mine = f"SELECT state, attempt FROM jobs WHERE id = '{job.id}'"
    until(lambda: rows(shared_node, mine) == [("running", 1)], within=10)
    for child in worker.children():
        child.kill()
    until(lambda: rows(shared_node, mine) == [("running", 2)], within=BACK_WITHIN)
    until(lambda: rows(shared_node, mine) == [("succeeded", 2)], within=10)
    # The worker itself went on.
    assert shared_node.pid_of("coding") == worker.pid


@pytest.mark.fleet
def test_a_frozen_database_server_is_replaced_and_no_other_process_with_it(shared_node):
    others = {name: shared_node.pid_of(name) for name in ("healing", "orchestration", "coding", "api", "beat")}
    first = shared_node.pid_of("postgres")
    os.kill(first, signal.SIGSTOP)
    until(lambda: is_back(shared_node, "postgres", first), within=BACK_WITHIN)
    until(lambda: all(one["state"] == "ready" for one in shared_node.children().values()), within=BACK_WITHIN)
    assert {name: shared_node.pid_of(name) for name in others} == others


def test_a_kernel_is_paused_and_resumed_by_command(shared_node):
    paused = cli(shared_node, "kernel", "pause", "coding_pool", "--reason", "the disk is needed elsewhere")
    assert (paused.returncode, paused.stderr) == (0, "")
    until(lambda: kernel(shared_node, "coding_pool")["state"] == "paused", within=5)
    assert shared_node.children()["coding"]["state"] == "paused"
    status = json.loads(cli(shared_node, "kernel", "status", "coding_pool", "--json").stdout)
    assert "the disk is needed elsewhere" in status[0]["detail"]

    resumed = cli(shared_node, "kernel", "resume", "coding_pool")
    assert (resumed.returncode, resumed.stdout.strip().endswith("ready again")) == (0, True)
    assert shared_node.children()["coding"]["state"] == "ready"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pause", "healing_pool", "--reason", "x"), "healing_pool is critical"),
        (("restart", "reactor", "--reason", "x"), "unknown kernel 'reactor'; known: api, audit_log"),
        (("restart", "api", "--reason", "x", "--instance", "nowhere"), "no node 'nowhere' has reported"),
    ],
)
def test_an_order_that_makes_no_sense_is_one_sentence(shared_node, arguments, said):
    refused = cli(shared_node, "kernel", *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr


@pytest.mark.fleet
def test_a_kernel_that_cannot_start_any_more_is_healed_as_an_incident_of_the_fleet(shared_node):
    with thief_of(shared_node.api_port, shared_node.pid_of("api")):
        until(lambda: "grace." in str(incidents(shared_node)), within=40)
        # The line has decided, and asks this very node to restart the kernel.
        until(lambda: rows(shared_node, "SELECT 1 FROM node_orders WHERE asked_by = 'grace'"), within=30)
        local = cli(shared_node, "kernel", "status", "api")
        assert local.returncode == 1, "its API is away, so the node's own file tells"
    until(lambda: [state for _, state in incidents(shared_node)] == ["closed"], within=60)
    assert ("kernel.restart", "done") in rows(shared_node, AUDITED)
    assert shared_node.get("/healthz")[0] == 200


def incidents(node: NodeProcess) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in rows(node, "SELECT target, state FROM incidents")]


def thief_of(port: int, pid: int) -> socket.socket:
    """Kill the process that listens there, and listen instead of it."""
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    os.kill(pid, signal.SIGKILL)

    def bound() -> bool:
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            return False
        taken.listen()
        return True

    until(bound, within=5, every=0.005)
    return taken
