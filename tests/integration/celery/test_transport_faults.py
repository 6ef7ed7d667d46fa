"""The transport when processes that maintain it die: order after a takeover, a dead sweeper, an urgent job."""

import os
import signal

import pytest

from grace_workers.adapters.celery import lanes
from tests.integration.celery.fleet import bells, ended, ids, ready, started, worker
from tests.waiting import until

pytestmark = pytest.mark.servers


@pytest.mark.fleet
def test_a_message_recovered_from_a_dead_worker_goes_before_waiting_ones(broker_url, journal, doorbells, tmp_path):
    held, waiting = bells(1, name="test.hold"), bells(20)
    with worker(broker_url, tmp_path, name="victim", concurrency=1) as victim:
        doorbells.ring(held)
        until(lambda: len(started(journal)) == 1, within=20)
        doorbells.ring(waiting)
        victim.kill()
        victim.wait(10)
    journal.set("release", 1)
    # Its lease expires before any worker is there to take what waits.
    with worker(broker_url, tmp_path, name="sweeper", concurrency=1, environment={"RECORDING_SECONDS": "0.2"}):
        until(lambda: len(ended(journal)) == 21, within=30)
    again = started(journal)[1:]
    assert sorted(again) == sorted([*ids(held), *ids(waiting)])
    position = again.index(ids(held)[0])
    assert again[position + 1 :] == ids(waiting)[position:], "it must go to the front, the others keep their order"
    assert position < len(waiting)


@pytest.mark.fleet
def test_a_process_that_dies_while_sweeping_delays_no_other_sweep(broker_url, journal, doorbells, tmp_path):
    with worker(broker_url, tmp_path, name="victim", concurrency=1) as victim:
        doorbells.ring(bells(1, name="test.hold"))
        until(lambda: len(started(journal)) == 1, within=20)
        with (
            worker(broker_url, tmp_path, name="sweeper") as sweeper,
            worker(broker_url, tmp_path, name="other") as other,
        ):
            ready(journal, workers=3)
            os.kill(other.pid, signal.SIGSTOP)
            victim.kill()
            # Dies when it has just moved the message, or is about to.
            until(lambda: not journal.exists(lanes.LEASED_KEY) or len(started(journal)) == 2, within=10, every=0.001)
            sweeper.kill()
            sweeper.wait(10)
            os.kill(other.pid, signal.SIGCONT)
            journal.set("release", 1)
            until(lambda: len(ended(journal)) == 1, within=8)
            until(lambda: not journal.exists(lanes.LEASED_KEY, lanes.LEASES_KEY), within=8)


def test_an_urgent_job_runs_before_a_long_queue(broker_url, journal, doorbells, tmp_path):
    low, high = bells(5000, priority=1), bells(1, priority=8)
    doorbells.ring(low)
    with worker(broker_url, tmp_path, concurrency=1):
        until(lambda: len(started(journal)) >= 20, within=20)
        before = len(started(journal))
        doorbells.ring(high)
        until(lambda: ids(high)[0] in started(journal), within=10)
    position = started(journal).index(ids(high)[0])
    # The worker goes on between counting and ringing, so a few more may have started.
    assert position - before < 200
    journal.delete(*[lanes.list_key("healing", level) for level in lanes.LEVELS])
