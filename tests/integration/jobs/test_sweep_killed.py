"""A sweep that dies half-way: what it had found lost is found lost again, and nothing runs twice."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.sweep import Sweep
from tests.integration.jobs.conftest import ALICE

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[3]

SWEEP_THAT_DIES_BEFORE_IT_REMEMBERS = """
import os, signal, sys
from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.postgres.jobs import sweep
from grace_workers.adapters.postgres.engine import make_engine

class Dying(sweep.Sweep):
    def _run(self, statement, values):
        if statement == sweep._REMEMBER_EPOCH:
            os.kill(os.getpid(), signal.SIGKILL)
        return super()._run(statement, values)

database, broker = sys.argv[1:]
Dying(make_engine(database), DoorbellPublisher(broker)).sweep_once()
"""


@pytest.mark.fleet
def test_a_sweep_killed_before_it_remembers_the_broker_rings_all_again(engine, submit, database_url, broker_url):
    publisher = DoorbellPublisher(broker_url)
    sweep, relay, claimer = Sweep(engine, publisher), Relay(engine, publisher), PostgresJobClaimer(engine)
    sweep.sweep_once()
    jobs = [submit() for _ in range(5)]
    relay.pass_once()
    with redis.Redis.from_url(broker_url) as client:
        client.flushall()
    command = [sys.executable, "-c", SWEEP_THAT_DIES_BEFORE_IT_REMEMBERS, database_url, broker_url]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL
    assert relay.pass_once() == len(jobs)
    # The ledger still does not know the broker, so the next sweep rings all open jobs once more.
    assert sweep.sweep_once().broker_changed
    assert relay.pass_once() == len(jobs)
    claims = [claimer.claim(job.id, ALICE) for job in jobs * 2]
    assert [claim is not None for claim in claims] == [True] * len(jobs) + [False] * len(jobs)
    assert not sweep.sweep_once().broker_changed
    publisher.close()
