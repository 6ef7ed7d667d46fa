"""The schema moves first, the code after it: what works on a schema that is ahead, and what is refused."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from grace_workers.adapters.postgres.migrate import upgrade
from tests.acceptance.fleet import ROOT
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.fleet]

BEFORE = "3fc9e08"
AHEAD = '''"""A later release."""
from alembic import op
revision = "9999_{kind}_later"
down_revision = "{head}"
branch_labels = None
depends_on = None

def upgrade():
    op.execute("ALTER TABLE jobs ADD COLUMN later TEXT DEFAULT 'x' NOT NULL")
    op.execute("ALTER TABLE incidents ADD COLUMN later TEXT")
    op.execute("CREATE TABLE later (id INTEGER)")
    {more}
'''


def migrate_ahead(url: str, folder: Path, kind: str, more: str = "pass") -> None:
    """Do what a later release's `grace migrate` does."""
    scripts = folder / "migrations"
    shutil.copytree(ROOT / "migrations", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    head = max(path.stem for path in (scripts / "versions").glob("*.py"))
    (scripts / "versions" / f"9999_{kind}_later.py").write_text(AHEAD.format(kind=kind, head=head, more=more))
    upgrade(url, scripts)


def test_a_whole_node_of_this_release_works_on_a_schema_that_a_later_one_has_prepared(
    make_node, node_folder, database_url, broker_url
):
    migrate_ahead(database_url, node_folder, "pre")
    settings = {"GRACE_DATABASE__URL": database_url, "GRACE_BROKER__URL": broker_url, "GRACE_FLOWER__ENABLED": "false"}
    node = make_node(**settings).start().until_ready()

    headers = {"Authorization": f"Bearer {(node.data_dir / 'cli-token').read_text()}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{node.api_port}", headers=headers, timeout=10) as api:
        job = api.post("/elite/orchestration/task", json={"name": "system.noop"}).json()["id"]
        until(lambda: api.get(f"/elite/tasks/{job}").json()["state"] == "succeeded", within=20)
    with psycopg.connect(database_url) as session:
        assert session.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999_pre_later",)
    until(lambda: node.get("/readyz")[0] == 200, within=10)


def test_a_schema_that_no_longer_serves_this_release_is_one_sentence_and_nothing_starts(
    make_node, node_folder, database_url, broker_url
):
    migrate_ahead(
        database_url, node_folder, "post", "op.execute(\"UPDATE schema_floor SET oldest = '9998_pre_later'\")"
    )
    node = make_node(GRACE_DATABASE__URL=database_url, GRACE_BROKER__URL=broker_url).start()
    assert node.process.wait(30) == 2
    printed = " ".join(node.output().split())
    assert "serves no release older than 9998_pre_later" in printed
    assert "install the release that the rest of the fleet runs" in printed
    assert "Traceback" not in printed
    assert node.processes() == []


# It runs on the code of that release, so it uses that release's names.
OLD_NODE = """
import sys, time
from dataclasses import replace
from grace_workers.bootstrap import node_parts, open_runtime
from grace_workers.bootstrap.access import ensure_cli_token
from grace_workers.bootstrap.node import NodeParts
from grace_workers.entrypoints.node import Node
from grace_workers.orchestration.jobs import JobRequest, JobState, Pool
from grace_workers.orchestration.requests import HealTask, heal
from grace_workers.settings import load_settings

# It was started before the schema moved on; its own start would look for its own schema.
NodeParts.migrate = lambda self: ensure_cli_token(self.settings, self.addresses().database.get_secret_value())
settings = load_settings()
node = Node(node_parts(settings), lambda said: None)
try:
    node.start()
    runtime = open_runtime(settings)
    with runtime.ledger.transaction() as tx:
        job = heal(tx, HealTask(target="sleeper", reason="drill", by="test", playbook="restart_dead_service"),
                   priority=5)
    deadline = time.monotonic() + 40
    closed = []
    while not closed and time.monotonic() < deadline:
        with runtime.ledger.transaction() as tx:
            closed = [one for one in tx.incidents.find() if one.incident.state == "closed"]
        time.sleep(0.1)
    print("closing:", closed[0].closing if closed else tx.incidents.find())
    runtime.close()
finally:
    node.stop()
"""


def test_a_node_of_the_previous_release_heals_on_the_schema_of_this_one(
    node_folder, make_node, database_url, broker_url
):
    code = node_folder / "before"
    code.mkdir()
    asked = ["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"the history with {BEFORE}, the last commit before this schema, is not here")
    archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", code], input=archive, check=True)
    (node_folder / "grace.yaml").write_text(
        "targets:\n  - name: sleeper\n    kind: process\n    owner: internal\n    connection:\n"
        f"      {{command: [sleep, '60'], pid_file: {node_folder / 'pid'}, cwd: {node_folder}}}\n"
    )
    node = make_node(GRACE_DATABASE__URL=database_url, GRACE_BROKER__URL=broker_url, GRACE_FLOWER__ENABLED="false")
    done = subprocess.run(
        [sys.executable, "-c", OLD_NODE],
        cwd=node_folder,
        env={**node.environment, "PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if (node_folder / "pid").exists():
        os.kill(int(re.findall(r"\d+", (node_folder / "pid").read_text())[0]), 15)
    assert "closing: healed" in done.stdout, done.stdout + done.stderr[-2000:]
