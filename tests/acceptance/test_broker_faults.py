"""What the fleet promises when broker, database or workers fail: every job ends, exactly once."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from celery import Celery

from grace_workers.adapters.celery import DoorbellPublisher
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.sweep import Sweep
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.entrypoints.tasks.submission import job_id_of
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Job, JobRequest, JobState, Pool
from tests.acceptance.lined_fleet import address_in, through
from tests.faults import FaultProxy
from tests.integration.celery.fleet import worker
from tests.waiting import until

pytestmark = pytest.mark.servers

APP = "tests.acceptance.ledger_app:app"


@dataclass
class House:
    """A ledger, a broker, and what a node's control part does: heartbeat, relay, sweep."""

    database: str
    broker: str
    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = make_engine(self.database)
        self.ledger = PostgresLedger(self.engine)
        self.doorbells = DoorbellPublisher(self.broker)
        self.instances = PostgresInstances(self.engine)
        self.relay = Relay(self.engine, self.doorbells)
        self.sweep = Sweep(self.engine, self.doorbells)

    def submit(self, count: int, **payload: object) -> Sequence[Job]:
        requests = [JobRequest(name="test.count", pool=Pool.HEALING, payload=payload) for _ in range(count)]
        with self.ledger.transaction() as transaction:
            return transaction.jobs.submit(requests)

    def states(self) -> Counter[JobState]:
        with psycopg.connect(self.database) as session:
            return Counter(JobState(row[0]) for row in session.execute("SELECT state FROM jobs"))

    def successes(self) -> Counter[str]:
        """Return how often each job was recorded as succeeded, by the audit entries of those transactions."""
        return Counter(entry["subject"] for entry in _entries(self.database) if entry["action"] == "job.succeeded")

    def starts(self) -> Counter[str]:
        path = self.folder / "starts"
        lines = path.read_text().splitlines() if path.exists() else []
        return Counter(line.split()[0] for line in lines)

    def release(self) -> None:
        (self.folder / "release").touch()

    def worker(self, name: str, instance: str = "node-a") -> "contextmanager[Popen[bytes]]":
        environment = {
            "LEDGER_DATABASE": self.database,
            "LEDGER_INSTANCE": instance,
            "LEDGER_FOLDER": str(self.folder),
        }
        return worker(self.broker, self.folder, name=name, concurrency=3, environment=environment, app=APP)

    def beat_heart(self, name: str) -> None:
        me = self.instances.register(InstanceName(name), pools=["healing"])
        self.repeat(lambda: self.instances.heartbeat(me), every=0.3)

    def repeat(self, turn: Callable[[], object], *, every: float) -> None:
        def run() -> None:
            while not self.stop.wait(every):
                try:
                    turn()
                except TransientError:
                    continue

        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(20)
        self.doorbells.close()
        self.engine.dispose()


@contextmanager
def house(database: str, broker: str, folder: Path) -> Iterator[House]:
    made = House(database=database, broker=broker, folder=folder)
    try:
        made.sweep.sweep_once()
        made.beat_heart("node-a")
        made.repeat(made.relay.pass_once, every=0.05)
        made.repeat(made.sweep.sweep_once, every=0.5)
        yield made
    finally:
        made.end()


@pytest.mark.fleet
@pytest.mark.parametrize("down", [0.3, 3.0], ids=["shorter than the lease", "longer than the lease"])
def test_a_killed_broker_makes_no_running_job_start_again(database_url, own_valkey, tmp_path, down):
    with house(database_url, own_valkey.url, tmp_path) as fleet, fleet.worker("one") as process:
        fleet.submit(3, hold=True)
        until(lambda: len(fleet.starts()) == 3, within=20)
        own_valkey.kill()
        threading.Event().wait(down)
        own_valkey.start()
        late = fleet.submit(1, hold=False)
        # The three hold every ordinary slot, so the fourth waits for one of them.
        fleet.release()
        until(lambda: fleet.states()[JobState.SUCCEEDED] == 4, within=20)
        assert set(fleet.starts().values()) == {1}
        assert process.poll() is None
        fleet.submit(20)
        until(lambda: fleet.states()[JobState.SUCCEEDED] == 24, within=20)
        assert len(late) == 1


@pytest.mark.fleet
def test_a_wiped_broker_loses_no_job(database_url, own_valkey, tmp_path):
    with house(database_url, own_valkey.url, tmp_path) as fleet:
        fleet.submit(60)
        until(lambda: sum(fleet.doorbells.depths().values()) == 60, within=10)
        with redis.Redis.from_url(own_valkey.url) as client:
            client.flushall()
        with fleet.worker("one"):
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 60, within=30)
        assert set(fleet.successes().values()) == {1}


@pytest.mark.fleet
def test_a_replica_promoted_in_the_place_of_a_dead_broker_costs_no_job(database_url, own_valkey, tmp_path):
    replica = EmbeddedValkey(tmp_path / "replica")
    replica.start()
    try:
        heir = follow(replica, own_valkey)
        with ExitStack() as stack:
            line = stack.enter_context(FaultProxy(address_in(own_valkey.url)))
            fleet = stack.enter_context(house(database_url, through(line, own_valkey.url), tmp_path))
            process = stack.enter_context(fleet.worker("one"))
            fleet.submit(2, hold=True)
            until(lambda: len(fleet.starts()) == 2, within=20)
            fleet.submit(400)
            until(lambda: len(fleet.starts()) > 50, within=20)
            # What had not reached the replica by now is gone.
            own_valkey.kill()
            with redis.Redis.from_url(heir) as client:
                client.replicaof("NO", "ONE")
            line.close()
            stack.enter_context(FaultProxy(address_in(heir), listen=line.address))
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 400, within=40)
            fleet.release()
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 402, within=20)
            assert process.poll() is None
            assert len(fleet.successes()) == 402
            assert set(fleet.successes().values()) == {1}
    finally:
        replica.stop()


def follow(replica: EmbeddedValkey, primary: EmbeddedValkey) -> str:
    """Make it a replica with all of the primary's data and the same password; return its address with that."""
    parts = urlsplit(primary.url)
    with redis.Redis.from_url(replica.url, single_connection_client=True) as client:
        client.config_set("masterauth", parts.password or "")
        client.replicaof(*address_in(primary.url))
        until(lambda: client.info("replication")["master_link_status"] == "up", within=20)
        client.config_set("requirepass", parts.password or "")
    return parts._replace(netloc=f":{parts.password}@127.0.0.1:{urlsplit(replica.url).port}").geturl()


@pytest.mark.fleet
def test_a_killed_workers_job_is_taken_over_while_its_node_lives(database_url, broker_url, tmp_path):
    with house(database_url, broker_url, tmp_path) as fleet, fleet.worker("victim") as victim:
        fleet.submit(1, hold=True)
        until(lambda: len(fleet.starts()) == 1, within=20)
        with fleet.worker("heir"):
            victim.kill()
            victim.wait(10)
            until(lambda: set(fleet.starts().values()) == {2}, within=20)
            fleet.release()
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 1, within=10)
        assert set(fleet.successes().values()) == {1}


@pytest.mark.fleet
def test_a_frozen_worker_that_wakes_is_fenced(database_url, broker_url, tmp_path):
    with house(database_url, broker_url, tmp_path) as fleet, fleet.worker("zombie") as zombie:
        fleet.submit(1, hold=True)
        until(lambda: len(fleet.starts()) == 1, within=20)
        os.kill(zombie.pid, signal.SIGSTOP)
        with fleet.worker("heir"):
            until(lambda: set(fleet.starts().values()) == {2}, within=20)
            fleet.release()
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 1, within=10)
            os.kill(zombie.pid, signal.SIGCONT)
            until(lambda: b"attempt_fenced" in (tmp_path / "zombie.log").read_bytes(), within=10)
        assert set(fleet.successes().values()) == {1}


@pytest.mark.fleet
def test_a_killed_database_loses_no_job_and_doubles_none(own_postgres, broker_url, tmp_path):
    with house(own_postgres.url, broker_url, tmp_path) as fleet, fleet.worker("one"):
        fleet.submit(600)
        until(lambda: len(fleet.starts()) > 50, within=30)
        own_postgres.kill()
        threading.Event().wait(0.5)
        own_postgres.start()
        until(lambda: fleet.states()[JobState.SUCCEEDED] == 600, within=60)
        assert set(fleet.successes().values()) == {1}
        assert len(fleet.successes()) == 600


def test_a_foreign_celery_application_hands_in_a_durable_job_once(database_url, broker_url, tmp_path):
    foreign = Celery("foreign", broker=broker_url, set_as_current=False)
    order = {"name": "test.count", "pool": "healing", "payload": {"from": "afar"}, "priority": 8}
    environment = {"LEDGER_DATABASE": database_url, "LEDGER_INSTANCE": "node-a", "LEDGER_FOLDER": str(tmp_path)}
    with house(database_url, broker_url, tmp_path) as fleet:
        for _ in range(2):
            foreign.send_task("grace.submit", kwargs=order, queue="orchestration", task_id="order-1")
        foreign.send_task("grace.submit", kwargs={"name": "rm -rf", "pool": 5}, queue="orchestration")
        foreign.send_task("grace.submit", args=["rubbish"], queue="orchestration", task_id="order-3")
        foreign.close()
        orchestration = worker(
            broker_url, tmp_path, name="orchestration", pool=Pool.ORCHESTRATION, environment=environment, app=APP
        )
        with orchestration, fleet.worker("healing"):
            until(lambda: fleet.states()[JobState.SUCCEEDED] == 1, within=30)
            until(lambda: _refusals(database_url) == 2, within=10)
        with fleet.ledger.transaction() as transaction:
            job = transaction.jobs.get(job_id_of("order-1"))
        assert job.payload == {"from": "afar"}
        assert job.priority == 8
        assert fleet.states().total() == 1


def test_a_job_whose_code_raises_is_tried_again_and_keeps_no_secret(database_url, broker_url, tmp_path):
    with house(database_url, broker_url, tmp_path) as fleet, fleet.worker("one"):
        request = JobRequest(name="system.sleep", pool=Pool.HEALING, payload={"seconds": "password=hunter2"})
        with fleet.ledger.transaction() as transaction:
            (job,) = transaction.jobs.submit([request])
        until(lambda: fleet.states()[JobState.FAILED] == 1, within=20)
        with fleet.ledger.transaction() as transaction:
            failed = transaction.jobs.get(job.id)
        assert "seconds" in (failed.error or "")
        assert "hunter2" not in (failed.error or "")


def _entries(database: str) -> list[dict[str, Any]]:
    with psycopg.connect(database) as session:
        return [row[0] for row in session.execute("SELECT entry FROM audit_inbox")]


def _refusals(database: str) -> int:
    return sum(entry["action"] == "job.submission_refused" for entry in _entries(database))
