"""Two real nodes on shared servers: one is quarantined under load, repaired and readmitted; then drained."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.orchestration.job import JobRequest, JobState, Pool
from tests.acceptance.fleet import NodeProcess
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.nodes, pytest.mark.fleet]
READY_WITHIN = 120.0
BACK_WITHIN = 90.0


class Pair:
    """The servers, two nodes, and what a person does with them."""

    def __init__(self, folder: Path) -> None:
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self.valkey = EmbeddedValkey(folder / "valkey", durable=False)
        self.postgres.start()
        self.valkey.start()
        (folder / "keys").mkdir()
        shared = {
            "GRACE_DATABASE__URL": self.postgres.url,
            "GRACE_BROKER__URL": self.valkey.url,
            "GRACE_AUDIT__KEYS_DIR": str(folder / "keys"),
            "GRACE_FLOWER__ENABLED": "false",
        }
        roles = {"south": "whole", "north": "orchestration"}
        self.nodes = {
            name: NodeProcess(folder / name, GRACE_INSTANCE=name, GRACE_ROLE=role, **shared).start()
            for name, role in roles.items()
        }
        self.engine = make_engine(self.postgres.url)
        self.ledger = PostgresLedger(self.engine)

    def until_ready(self) -> "Pair":
        for node in self.nodes.values():
            node.until_ready(READY_WITHIN)
        return self

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()
        self.engine.dispose()
        self.valkey.stop()
        self.postgres.stop()

    def grace(self, *words: str, through: str = "south") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "grace_workers", *words],
            check=False,
            env=self.nodes[through].environment,
            cwd=self.nodes[through].data_dir.parent,
            capture_output=True,
            text=True,
            timeout=100,
        )

    def submit(self, count: int, seconds: float):
        request = {"name": "system.sleep", "pool": Pool.ORCHESTRATION, "payload": {"seconds": seconds}}
        with self.ledger.transaction() as tx:
            return [job.id for job in tx.jobs.submit([JobRequest(**request) for _ in range(count)])]

    def jobs(self, ids):
        with self.ledger.transaction() as tx:
            return [tx.jobs.get(job_id) for job_id in ids]

    def running_on(self, name, ids):
        return [job for job in self.jobs(ids) if job.state is JobState.RUNNING and job.owner == name]

    def all_done_once(self, ids) -> None:
        until(lambda: all(job.state is JobState.SUCCEEDED for job in self.jobs(ids)), within=60)
        told = "SELECT entry->>'subject' FROM audit_inbox WHERE entry->>'action' = 'job.succeeded'"
        sealed = told.replace("audit_inbox", "audit_log")
        with psycopg.connect(self.postgres.url) as session:
            entries = Counter(row[0] for row in session.execute(f"{told} UNION ALL {sealed}"))
        assert [entries[f"job:{job_id}"] for job_id in ids] == [1] * len(ids)

    def health(self, name: str) -> str:
        found = json.loads(self.grace("fleet", "status", "--json").stdout)
        return {one["name"]: one["health"] for one in found["instances"]}[name]


@pytest.fixture(scope="module")
def pair():
    folder = Path(tempfile.mkdtemp(prefix="grace-pair-"))
    made = Pair(folder)
    try:
        yield made.until_ready()
    finally:
        made.close()
        shutil.rmtree(folder)


def test_a_node_quarantined_under_load_loses_its_jobs_to_the_other_and_rejoins_when_validated(pair):
    ids = pair.submit(24, 1.5)
    until(lambda: pair.running_on("north", ids), within=20)
    assert pair.grace("fleet", "quarantine", "north", "--reason", "looks odd").returncode == 0
    assert pair.running_on("north", ids) == []
    late = pair.submit(6, 0.1)
    pair.all_done_once([*ids, *late])
    assert {job.owner for job in pair.jobs(late)} == {"south"}
    assert pair.nodes["south"].get("/readyz")[0] == 200

    refused = pair.grace("fleet", "quarantine", "south", "--reason", "looks odd, too")
    assert refused.returncode == 2
    assert "south is the last healthy instance that serves" in refused.stderr
    assert pair.grace("fleet", "status").returncode == 1

    assert pair.grace("fleet", "rejoin", "north").returncode == 0
    until(lambda: pair.health("north") in {"healthy", "degraded"}, within=BACK_WITHIN, every=0.5)
    again = []

    def takes_part() -> bool:
        again.extend(pair.submit(6, 0.3))
        return bool(pair.running_on("north", again))

    # Its pools restart once more, to read the shared queues again.
    until(takes_part, within=BACK_WITHIN, every=0.5)
    pair.all_done_once(again)


def test_an_unknown_instance_is_answered_with_the_known_ones(pair):
    refused = pair.grace("fleet", "drain", "nowhere")
    assert (refused.returncode, "known: north, south" in refused.stderr) == (2, True)


def test_a_drained_node_finishes_what_it_runs_and_ends_and_nothing_is_lost_or_repeated(pair):
    ids = pair.submit(30, 1.0)
    until(lambda: pair.running_on("north", ids), within=20)
    held = {job.id for job in pair.running_on("north", ids)}
    drained = pair.grace("node", "drain", "--grace", "20", through="north")
    assert (drained.returncode, pair.nodes["north"].process.wait(5)) == (0, 0), drained.stderr
    pair.all_done_once(ids)
    ended = {job.id: job for job in pair.jobs(ids)}
    assert {(ended[job_id].owner, ended[job_id].attempt) for job_id in held} == {("north", 1)}


def test_without_another_node_the_lead_cannot_be_handed_over(pair):
    until(lambda: pair.grace("fleet", "status").returncode == 0, within=20, every=0.5)
    refused = pair.grace("fleet", "failover")
    assert refused.returncode == 2
    assert "south leads and no other healthy node could" in refused.stderr
