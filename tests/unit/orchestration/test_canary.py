"""A canary over a ledger in memory: bound to its node, brought back, never left behind."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.job import JobRequest, JobState, Pool
from grace_workers.orchestration.work.canary import await_return, canary_request, patience, run_canary, send
from tests.conformance.job_worlds import ALICE, BOB, MemoryWorld


@pytest.fixture
def world() -> MemoryWorld:
    made = MemoryWorld()
    made.register(ALICE)
    made.register(BOB)
    return made


def test_a_canary_brings_back_its_nonce_and_who_ran_it(world):
    job = send(world.ledger, canary_request(Pool.HEALING, ALICE, "tweet"))
    claim = world.claimer.claim(job, ALICE)
    world.claimer.finish(claim, run_canary(claim))
    flight = await_return(world.ledger, job, pause=lambda: False)
    assert (flight.nonce, flight.instance, flight.job.state) == ("tweet", ALICE, JobState.SUCCEEDED)


def test_no_other_node_takes_it(world):
    job = send(world.ledger, canary_request(Pool.HEALING, ALICE, "tweet"))
    assert world.claimer.claim(job, BOB) is None


def test_a_canary_writes_nothing_to_the_audit_log(world):
    send(world.ledger, canary_request(Pool.HEALING, ALICE, "tweet"))
    assert world.actions() == []


def test_one_that_does_not_come_back_in_time_is_cancelled(world):
    job = send(world.ledger, canary_request(Pool.HEALING, ALICE, "tweet"))
    flight = await_return(world.ledger, job, pause=lambda: False)
    assert (flight.job.state, flight.instance) == (JobState.CANCELLED, None)
    assert world.claimer.claim(job, ALICE) is None


def test_a_canary_that_returns_while_it_is_given_up_still_counts(world):
    job = send(world.ledger, canary_request(Pool.HEALING, ALICE, "tweet"))

    def comes_back() -> bool:
        claim = world.claimer.claim(job, ALICE)
        world.claimer.finish(claim, run_canary(claim))
        return False

    assert await_return(world.ledger, job, pause=comes_back).nonce == "tweet"


def test_a_payload_that_is_no_canarys_is_refused(world):
    with world.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([JobRequest(name="system.canary", pool=Pool.HEALING)])
    with pytest.raises(InputError, match="nonce"):
        run_canary(world.claimer.claim(job.id, ALICE))


def test_patience_ends_with_its_time_and_waits_longer_each_time():
    moment, waits = [0.0], []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        moment[0] += seconds

    pause = patience(timedelta(seconds=1), lambda: moment[0], wait)
    while pause():
        continue
    assert moment[0] >= 1
    assert waits == sorted(waits)
    assert max(waits) <= 0.1
