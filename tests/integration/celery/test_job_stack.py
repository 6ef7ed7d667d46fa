"""A look at a job that a real worker runs, on a thread and in a child."""

import os
import signal
from dataclasses import replace

import psutil
import pytest

from grace_workers.adapters.celery import BrokerJobStacks
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName, uuid7
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.testing import FakeClock
from tests.integration.celery.fleet import bells, started, worker
from tests.memory.ledger import MemoryLedger
from tests.waiting import until

pytestmark = pytest.mark.servers
ONE = InstanceName("one")


def running(bell):
    """Return the job of a doorbell in its first attempt."""
    with MemoryLedger(FakeClock()).transaction() as tx:
        (made,) = tx.jobs.submit([JobRequest(name=bell.name, pool=bell.pool)])
    return replace(made, id=bell.job_id, attempt=1)


def test_a_look_finds_the_thread_and_the_child_that_run_a_job(broker_url, journal, doorbells, tmp_path):
    stacks = BrokerJobStacks(broker_url)
    with (
        worker(broker_url, tmp_path) as threads,
        worker(broker_url, tmp_path, name="forks", instance="one", pool=Pool.CODING) as forks,
    ):
        rung = [bells(1, name="test.hold", pool=pool)[0] for pool in (Pool.HEALING, Pool.CODING)]
        doorbells.ring(rung)
        until(lambda: len(set(started(journal))) == 2, within=20, instead=lambda: started(journal))
        on_thread, in_child = map(running, rung)
        (child,) = psutil.Process(forks.pid).children()
        for asked, pid in ((on_thread, threads.pid), (in_child, child.pid)):
            found = stacks.take(asked, ONE)
            assert found.pid == pid
            assert found.memory > 1_000_000
            assert any(one.function == "hold" and one.file.endswith("recording_app.py") for one in found.frames)
        assert stacks.take(replace(on_thread, attempt=2), ONE) is None, "another attempt"
        assert stacks.take(replace(in_child, id=uuid7()), ONE) is None, "another job"
        os.kill(child.pid, signal.SIGSTOP)
        until(lambda: child.status() == psutil.STATUS_STOPPED, within=5)
        assert stacks.take(in_child, ONE).frames == []
        with pytest.raises(TransientError, match="healing@two did not answer within 2 s"):
            stacks.take(on_thread, InstanceName("two"))
        assert journal.keys("_kombu.binding.reply*") == journal.keys("*.reply.celery.pidbox") == []
