"""Nodes of one role, each a separate process on shared servers: a job runs, and outlives the node that ran it."""

import os
import signal
import subprocess
import sys
from collections import Counter

import httpx
import psycopg
import pytest

from grace_workers.bootstrap.client import client_ledger
from grace_workers.orchestration.job import JobRequest, Pool
from tests.acceptance.fleet import ROOT, NodeProcess
from tests.acceptance.ready_command import run
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]

TOKEN = "grace_vN7-tQ2xkW9dLr4m-8sYb3HcJ6pZe1AfGu5KoTi0Q"
LOOKER = "grace_8sYb3HcJ6pZe1AfGu5KoTi0Q-vN7-tQ2xkW9dLr4m"


class RoleProcess(NodeProcess):
    """One `grace node <role>`."""

    def __init__(self, data_dir, role, **settings):
        super().__init__(data_dir, GRACE_INSTANCE=data_dir.name, **settings)
        self.role = role

    def arguments(self):
        """The command."""
        return ["node", self.role]


@pytest.fixture
def make_role(node_folder, database_url, broker_url):
    """Make nodes of one role on shared servers; whatever still runs at the end is stopped."""
    made = []

    def make(name, role, **settings):
        servers = {"GRACE_DATABASE__URL": database_url, "GRACE_BROKER__URL": broker_url}
        node = RoleProcess(node_folder / name, role, **(servers | settings))
        made.append(node)
        return node.start()

    yield make
    for node in made:
        node.close()


def row(url, job_id):
    with psycopg.connect(url) as session:
        return session.execute("SELECT state, owner, attempt FROM jobs WHERE id = %s", (job_id,)).fetchone()


def told(url, job_id):
    """Return what the audit log holds about a job, sealed or not."""
    with psycopg.connect(url) as session:
        rows = session.execute(
            "SELECT entry ->> 'action' FROM (SELECT entry FROM audit_log UNION ALL SELECT entry FROM audit_inbox) AS e"
            " WHERE entry ->> 'subject' = %s",
            (f"job:{job_id}",),
        )
        return Counter(action for (action,) in rows)


def members(url):
    with psycopg.connect(url) as session:
        found = session.execute("SELECT name, pools, roles FROM instances WHERE died_at IS NULL AND left_at IS NULL")
        return {name: (pools, roles) for name, pools, roles in found}


@pytest.mark.fleet
def test_a_job_survives_the_healing_node_that_ran_it_and_has_its_effect_once(
    make_role, node_folder, database_url, broker_url
):
    secret = node_folder / "admin-token"
    secret.write_text(f"{TOKEN}\n")
    make_role("steering", "control")
    looking = node_folder / "viewer-token"
    looking.write_text(LOOKER)
    for one in (secret, looking):
        one.chmod(0o600)
    given = {"GRACE_API__ADMIN_TOKEN_FILE": str(secret), "GRACE_API__VIEWER_TOKEN_FILE": str(looking)}
    api = make_role("front", "api", GRACE_API__HOST="0.0.0.0", **given)
    healers = {name: make_role(name, "healing") for name in ("healer-1", "healer-2")}
    for node in (api, *healers.values()):
        node.until_ready()
    wanted = {
        "steering": ([], ["control"]),
        "healer-1": (["healing"], []),
        "healer-2": (["healing"], []),
    }
    # No one waited for the control node.
    until(lambda: members(database_url) == wanted, within=30)
    mine = httpx.get(
        f"http://127.0.0.1:{api.api_port}/elite/status", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
    )
    assert (mine.status_code, mine.json()["leader"]) == (200, True)
    figures, looker = f"http://127.0.0.1:{api.api_port}/metrics", {"Authorization": f"Bearer {LOOKER}"}
    assert [httpx.get(figures, headers=one, timeout=10).status_code for one in ({}, looker)] == [401, 200]

    ledger = client_ledger(database_url)
    with ledger.transaction() as tx:
        (job,) = tx.jobs.submit([JobRequest(name="system.sleep", pool=Pool.HEALING, payload={"seconds": 2.0})])
    victim = until(lambda: (found := row(database_url, job.id))[0] == "running" and found[1], within=20)
    healers[victim].kill()
    until(lambda: row(database_url, job.id)[0] == "succeeded", within=30)
    assert row(database_url, job.id)[1:] == (next(name for name in healers if name != victim), 2)
    assert told(database_url, job.id)["job.succeeded"] == 1
    ledger.close()


def grace(*arguments, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRACE_")}
    return run(arguments, ROOT, environment | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | settings, 60)


def test_a_node_of_one_role_without_servers_is_told_what_it_lacks(tmp_path):
    done = grace("node", "healing", GRACE_DATA_DIR=str(tmp_path))
    assert done.returncode == 2
    assert "set GRACE_DATABASE__URL and GRACE_BROKER__URL" in done.stderr


def test_migrating_is_done_once_however_many_ask_at_once(empty_database_url):
    environment = os.environ | {"GRACE_DATABASE__URL": empty_database_url, "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-m", "grace_workers", "migrate"], env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert said[0] == said[1] == grace("migrate", GRACE_DATABASE__URL=empty_database_url).stdout.encode()


def test_a_database_that_cannot_be_reached_is_not_migrated():
    done = grace("migrate", GRACE_DATABASE__URL="postgresql://grace:word@127.0.0.1:1/grace")
    assert done.returncode == 3
    assert "did not answer" in done.stderr
    assert "word" not in done.stderr


@pytest.mark.fleet
def test_a_node_waits_for_the_schema_and_the_health_check_says_so(node_folder, make_role, empty_database_url):
    node = make_role("early", "control", GRACE_DATABASE__URL=empty_database_url)
    check = [sys.executable, "-I", "-S", str(ROOT / "grace_workers" / "entrypoints" / "node" / "health.py")]

    def health():
        environment = {"GRACE_DATA_DIR": str(node_folder / "early")}
        return subprocess.run(check, env=environment, capture_output=True, text=True, check=False)

    until((node_folder / "early" / "lock").exists, within=20)
    assert health().returncode == 1
    assert grace("migrate", GRACE_DATABASE__URL=empty_database_url).returncode == 0
    node.until_ready()
    until(lambda: health().returncode == 0, within=20)
    beat = node.pid_of("beat")
    os.kill(beat, signal.SIGSTOP)
    stopped = health()
    assert (stopped.returncode, f"beat (process {beat}) is not running" in stopped.stdout) == (1, True)
