"""What survives a kill -9: real processes, a real broker, a real database that goes down under load."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import JobRequest, Pool, Succeeded
from tests.waiting import until

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[3]
ALICE, BOB = InstanceName("alice"), InstanceName("bob")

RELAY = """
import sys, threading
from datetime import timedelta
from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.jobs.relay import Relay

database, broker = sys.argv[1:]
print("ready", flush=True)
Relay(make_engine(database), DoorbellPublisher(broker), again=timedelta(milliseconds=300)).run(threading.Event())
"""

RELAY_THAT_DIES_AFTER_SENDING = """
import os, signal, sys
from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.jobs.relay import Relay

class Last(DoorbellPublisher):
    def ring(self, bells):
        super().ring(bells)
        os.kill(os.getpid(), signal.SIGKILL)

database, broker = sys.argv[1:]
Relay(make_engine(database), Last(broker)).pass_once()
"""

LEADER = """
import sys, threading
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.leader import LeaderLease

lease = LeaderLease(make_engine(sys.argv[1]), sys.argv[2])
lease.hold_loop(threading.Event(), lambda leads: print("leads" if leads else "lost", flush=True))
"""


@contextmanager
def child(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def submit(engine: Engine, count: int) -> Sequence[JobId]:
    requests = [JobRequest(name="noop", pool=Pool.ORCHESTRATION) for _ in range(count)]
    with PostgresLedger(engine).transaction() as transaction:
        return [job.id for job in transaction.jobs.submit(requests)]


def waiting(publisher: DoorbellPublisher) -> int:
    return sum(publisher.depths().values())


def unrung(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM jobs WHERE ring_at IS NOT NULL")).scalar_one()


@pytest.mark.fleet
def test_a_relay_killed_between_sending_and_marking_costs_one_more_doorbell(
    engine: Engine, database_url: str, broker_url: str
) -> None:
    job_ids, publisher = submit(engine, 3), DoorbellPublisher(broker_url)
    with child(RELAY_THAT_DIES_AFTER_SENDING, database_url, broker_url) as process:
        assert process.wait(30) == -signal.SIGKILL
    assert waiting(publisher) == 3
    assert unrung(engine) == 3
    until(Relay(engine, publisher).pass_once, within=10)
    assert waiting(publisher) == 6
    claimer = PostgresJobClaimer(engine)
    claims = [claimer.claim(job_id, ALICE) for job_id in job_ids * 2]
    assert [claim is not None for claim in claims] == [True] * 3 + [False] * 3
    publisher.close()


@pytest.mark.fleet
def test_relays_killed_at_random_leave_no_job_unrung(engine: Engine, database_url: str, broker_url: str) -> None:
    publisher = DoorbellPublisher(broker_url)
    for _ in range(3):
        with child(RELAY, database_url, broker_url) as one, child(RELAY, database_url, broker_url) as other:
            for process in (one, other):
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            submit(engine, 2000)
            until(lambda: unrung(engine) < 2000, within=10)
            one.send_signal(signal.SIGKILL)
            until(lambda: unrung(engine) == 0, within=10)
    assert waiting(publisher) >= 6000
    publisher.close()


def test_a_killed_leader_is_succeeded_within_two_seconds(engine: Engine, database_url: str) -> None:
    standby = LeaderLease(engine, BOB)
    with child(LEADER, database_url, ALICE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leads\n"
        assert not standby.hold_once()
        process.send_signal(signal.SIGKILL)
        until(standby.hold_once, within=2, every=0.05)


def test_a_frozen_leader_finds_itself_replaced(engine: Engine, database_url: str) -> None:
    standby = LeaderLease(engine, BOB)
    with child(LEADER, database_url, ALICE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leads\n"
        process.send_signal(signal.SIGSTOP)
        until(standby.hold_once, within=2, every=0.05)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == "lost\n"


class Worker(threading.Thread):
    """Claims, acts once in the database under its claim, and finishes, as a task does."""

    def __init__(self, engine: Engine, job_ids: Iterator[JobId], turn: threading.Lock) -> None:
        super().__init__()
        self._engine = engine
        self._job_ids = job_ids
        self._turn = turn
        self._claimer = PostgresJobClaimer(engine, patience=timedelta(seconds=60))
        self.errors: list[str] = []

    def run(self) -> None:
        while True:
            with self._turn:
                job_id = next(self._job_ids, None)
            if job_id is None:
                return
            claim = self._claimer.claim(job_id, ALICE)
            if claim is None:
                self.errors.append(f"{job_id} was not claimed")
                continue
            if self._claimer.finish(claim, Succeeded(result=claim.attempt)) is None:
                self.errors.append(f"{job_id} was fenced")


@pytest.mark.fleet
@pytest.mark.timeout(180)
def test_a_database_killed_under_load_loses_and_doubles_nothing(own_postgres: EmbeddedPostgres) -> None:
    engine = make_engine(own_postgres.url)
    PostgresInstances(engine).register(ALICE, pools=["orchestration"])
    job_ids = submit(engine, 1500)
    turn, queue = threading.Lock(), iter(job_ids)
    workers = [Worker(engine, queue, turn) for _ in range(4)]
    for worker in workers:
        worker.start()
    for done in (200, 700):
        until(lambda done=done: ended(engine) >= done, within=60)
        own_postgres.kill()
        own_postgres.start()
    for worker in workers:
        worker.join(120)
    assert [error for worker in workers for error in worker.errors] == []
    assert outcomes(engine) == {("succeeded", 1, 1): 1500}
    assert entries(engine) == {"job.submitted": 1500, "job.succeeded": 1500}
    engine.dispose()


def ended(engine: Engine) -> int:
    try:
        with PostgresLedger(engine).transaction() as transaction:
            return sum(figure.processed for figure in transaction.jobs.figures(timedelta(hours=1)))
    except TransientError:
        return 0


def outcomes(engine: Engine) -> Counter[tuple[str, int, int]]:
    with engine.connect() as connection:
        return Counter(
            tuple(row) for row in connection.execute(text("SELECT state, attempt, result::text::int FROM jobs"))
        )


def entries(engine: Engine) -> Counter[str]:
    with engine.connect() as connection:
        actions = connection.execute(text("SELECT entry->>'action' FROM audit_inbox")).scalars()
        return Counter(action for action in actions if action.startswith("job."))
