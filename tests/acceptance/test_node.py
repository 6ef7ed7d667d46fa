import json
import os
import signal
import socket
import subprocess
import sys
from functools import partial

import httpx
import psycopg
import pytest

from grace_workers.adapters.redis.job_logs import RedisJobLogs
from grace_workers.audit import TlogProof, VerifierKey
from grace_workers.bootstrap.client import client_ledger
from grace_workers.foundation.canonical import canonical_bytes
from grace_workers.foundation.clock import SystemClock
from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.orchestration.job import JobRequest, Pool
from tests.acceptance.command_line import grace, one_sentence
from tests.acceptance.fleet import READY_WITHIN, STOPPED_WITHIN
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes]


def remember(url: str, word: str) -> None:
    with psycopg.connect(url) as session:
        session.execute("CREATE TABLE IF NOT EXISTS word (text text)")
        session.execute("INSERT INTO word VALUES (%s)", (word,))


def words(url: str) -> list[str]:
    with psycopg.connect(url) as session:
        return [row[0] for row in session.execute("SELECT text FROM word ORDER BY text")]


@pytest.mark.fleet
def test_ctrl_c_stops_everything_within_ten_seconds_and_the_next_start_has_the_same_data(make_node):
    node = make_node().start().until_ready()
    remember(node.database_url, "kept")
    assert node.interrupt() < STOPPED_WITHIN
    said = node.output()
    assert node.process.returncode == 0, said
    # It drained because it stops; nothing else asked it to, so its processes had time to end cleanly.
    assert "node_drains" not in said
    assert node.processes() == []

    again = make_node().start().until_ready()
    assert words(again.database_url) == ["kept"]


@pytest.mark.fleet
def test_a_killed_node_leaves_no_process_and_the_next_start_recovers_the_data(make_node):
    node = make_node().start().until_ready()
    remember(node.database_url, "kept")
    node.kill()
    until(lambda: node.processes() == [], within=10)

    again = make_node().start().until_ready()
    assert words(again.database_url) == ["kept"]


def test_a_port_in_use_is_one_sentence_that_names_the_setting(make_node):
    node = make_node()
    with socket.create_server(("127.0.0.1", node.api_port)):
        assert node.start().process.wait(READY_WITHIN) == 2
    printed = node.output()
    assert f"port {node.api_port} on 127.0.0.1 is in use" in " ".join(printed.split())
    assert "Traceback" not in printed
    assert node.processes() == []


def test_a_data_directory_that_is_a_file_is_one_sentence(make_node, node_folder):
    (node_folder / "data").write_text("not a folder")
    node = make_node().start()
    assert node.process.wait(READY_WITHIN) == 2
    printed = " ".join(node.output().split())
    assert "cannot use" in printed
    assert "Traceback" not in printed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_data_directory_is_one_sentence(make_node, node_folder):
    (node_folder / "data").mkdir(mode=0o000)
    node = make_node().start()
    assert node.process.wait(READY_WITHIN) == 2
    printed = " ".join(node.output().split())
    assert "Permission denied" in printed
    assert "Traceback" not in printed


@pytest.mark.fleet
def test_a_second_node_on_the_same_data_is_refused_and_the_first_goes_on(shared_node, make_node):
    second = make_node(GRACE_DATA_DIR=str(shared_node.data_dir)).start()
    assert second.process.wait(READY_WITHIN) == 2
    assert "in use by another node" in " ".join(second.output().split())
    assert shared_node.get("/healthz")[0] == 200


@pytest.mark.fleet
@pytest.mark.parametrize("name", ["control", "healing", "beat", "api", "flower", "valkey", "postgres"])
def test_a_killed_process_is_restarted_and_passes_its_self_test(shared_node, name):
    first = shared_node.pid_of(name)
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        child = shared_node.children()[name]
        return child["state"] == "ready" and child["pid"] != first

    until(is_back, within=20)
    until(lambda: all(child["state"] == "ready" for child in shared_node.children().values()), within=20)


def test_the_ports_answer_once_the_node_is_ready(shared_node):
    assert shared_node.get("/healthz")[0] == 200
    status, found = shared_node.get("/readyz")
    assert status == 200, found


@pytest.fixture
def audit(shared_node):
    """Run `grace audit` beside the node."""
    return partial(grace, shared_node.data_dir.parent, "audit")


@pytest.fixture
def first_key(shared_node):
    """The log's first public key, as its owner keeps it."""
    return (shared_node.data_dir / "audit-keys" / "pinned").read_text().strip()


def test_the_log_of_a_node_whose_processes_were_killed_is_intact(audit):
    done = audit("verify")
    assert (done.returncode, done.stdout[:8]) == (0, "intact: ")
    assert json.loads(audit("verify", "--json").stdout)["finding"] == "intact"


def test_an_entry_is_listed_and_proven_by_its_number_and_by_its_id(audit, first_key):
    assert len(audit("tail", "-n", "2").stdout.splitlines()) == 2
    entry = json.loads(audit("tail", "-n", "10000", "--json").stdout)[-1]
    number, told = str(entry["seq"]), entry["envelope"]

    by_number = audit("proof", number).stdout
    by_id = json.loads(audit("proof", told["id"], "--json").stdout)

    assert by_id["entry"] == told["id"]
    for proof in (by_number, by_id["proof"]):
        assert TlogProof.parse(proof).proves(canonical_bytes(told), VerifierKey.parse(first_key))
    assert "no sealed audit entry 999999999" in one_sentence(audit("proof", "999999999"), 2)
    assert "no sealed audit entry" in one_sentence(audit("proof", "018f0000-0000-7000-8000-000000000000"), 2)


@pytest.mark.fleet
def test_an_exported_log_proves_itself_where_grace_is_not_installed(audit, first_key, tmp_path):
    bundle = tmp_path / "story"
    assert f"entries in {bundle}, checkpoint" in audit("export", str(bundle)).stdout
    assert json.loads(audit("export", str(tmp_path / "again"), "--json").stdout)["folder"] == str(tmp_path / "again")
    assert "is not empty" in one_sentence(audit("export", str(bundle)), 2)
    assert "cannot export to" in one_sentence(audit("export", str(bundle / "verify.py")), 2)

    assert _verified_alone(bundle, first_key) == (0, "intact: ")
    assert audit("verify", "--bundle", str(bundle), "--key", first_key).returncode == 0
    entries = bundle / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b'"outcome"', b'"outcoma"', 1))
    assert _verified_alone(bundle, first_key) == (1, "tampered")


def _verified_alone(bundle, key):
    """Return what the bundle's own verifier says: in its folder, with no packages and no variables."""
    command = [sys.executable, "-I", "-S", "verify.py", key]
    done = subprocess.run(command, cwd=bundle, env={}, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout[:8]


@pytest.fixture
def ledger(shared_node):
    found = client_ledger(shared_node.database_url)
    yield found
    found.engine.dispose()


def test_the_page_of_a_running_job_shows_where_it_is_and_its_memory(shared_node, ledger):
    wanted = tokens.NewToken(name="looker", role=Role.OPERATOR)
    secret = tokens.create(ledger, SystemClock(), wanted, by="test")[1]
    with ledger.transaction() as tx:
        (job,) = tx.jobs.submit([JobRequest(name="system.sleep", pool=Pool.HEALING, payload={"seconds": 120.0})])
    here = f"/dashboard/jobs/{job.id}"
    with httpx.Client(base_url=f"http://127.0.0.1:{shared_node.api_port}", timeout=20) as browser:
        assert browser.post("/dashboard/sign-in", data={"token": secret}).status_code == 303
        until(lambda: f'action="{here}/stack"' in browser.get(here).text, within=30)
        page = browser.get(f"{here}/stack").text
        assert ("system_sleep.py" in page, " MiB" in page, "attempt 1 on" in page) == (True, True, True)
        with ledger.transaction() as tx:
            tx.jobs.cancel(job.id)
        assert browser.get(f"{here}/stack").status_code == 409
        assert f'action="{here}/stack"' not in browser.get(here).text


def test_a_worker_keeps_the_log_of_a_job_that_lasts_and_of_no_other(shared_node, ledger):
    logs = RedisJobLogs(shared_node.broker_url)
    with ledger.transaction() as tx:
        quick, slow = tx.jobs.submit(
            [JobRequest(name="system.sleep", pool=Pool.HEALING, payload={"seconds": seconds}) for seconds in (0.0, 2.0)]
        )
    found = until(lambda: logs.read(slow.id), within=30)
    assert [(one.event, one.level) for one in found[:1]] == [("job_attempt_began", "debug")]
    assert list(logs.read(quick.id)) == []
    logs.close()
