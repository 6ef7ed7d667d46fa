"""Canaries at intervals: what a node learns about its pools between two boots."""

import pytest

from grace_workers.foundation.errors import TransientError
from grace_workers.node.kernels.canary_patrol import (
    EVERY_SECONDS,
    OVERDUE_SECONDS,
    RESTING_EVERY_SECONDS,
    WORK_LOOK_SECONDS,
    CanaryPatrol,
)
from grace_workers.orchestration.job import JobRequest, Pool, Succeeded
from grace_workers.orchestration.work.canary import CANARY, run_canary
from grace_workers.testing import FakeClock
from tests.builders import HERE
from tests.memory.claimer import MemoryJobClaimer
from tests.memory.ledger import MemoryLedger

HEALING = Pool.HEALING


class Node:
    """A node of memory parts, whose pool answers when it is told to."""

    def __init__(self):
        self.ledger = MemoryLedger(FakeClock())
        self.claimer = MemoryJobClaimer(self.ledger)
        self.claimer.register(HERE)
        self.now = 0.0
        self.patrol = CanaryPatrol(self.ledger, HERE, monotonic=lambda: self.now)

    def look(self, *, after=0.0):
        self.now += after
        return self.patrol.look(HEALING)

    def canaries(self):
        with self.ledger.transaction() as tx:
            return tx.jobs.find(names=[CANARY])

    def submit(self, name="long"):
        with self.ledger.transaction() as tx:
            return tx.jobs.submit([JobRequest(name=name, pool=HEALING)])[0]

    def answer(self, ending=run_canary):
        (waiting,) = [job for job in self.canaries() if not job.state.ended]
        claim = self.claimer.claim(waiting.id, HERE)
        self.claimer.finish(claim, ending(claim))


@pytest.fixture
def node():
    return Node()


def test_a_canary_is_sent_at_intervals_and_its_return_is_no_fault(node):
    node.submit()
    for round_number in range(1, 4):
        assert node.look(after=EVERY_SECONDS) is None
        assert len(node.canaries()) == round_number
        node.answer()
        assert node.look() is None
        assert node.look() is None
    assert len(node.canaries()) == 3


def test_an_idle_pool_rarely_gets_a_canary(node):
    node.look()
    node.answer()
    node.look()
    spent = 0.0
    while spent + WORK_LOOK_SECONDS < RESTING_EVERY_SECONDS:
        node.look(after=WORK_LOOK_SECONDS)
        spent += WORK_LOOK_SECONDS
    assert len(node.canaries()) == 1
    node.look(after=WORK_LOOK_SECONDS)
    assert len(node.canaries()) == 2


def test_a_job_for_a_resting_pool_is_followed_by_a_canary(node):
    node.look()
    node.answer()
    node.look()
    node.look(after=EVERY_SECONDS)
    assert len(node.canaries()) == 1
    node.submit()
    node.look(after=WORK_LOOK_SECONDS)
    assert len(node.canaries()) == 2


def test_a_canary_that_does_not_run_is_reported_until_it_returns(node):
    assert node.look() is None
    assert node.look(after=OVERDUE_SECONDS) is None
    for _ in range(3):
        assert node.look(after=1).state == "queued"
    node.answer()
    assert node.look() is None


def test_a_pool_that_runs_jobs_is_not_blamed_for_one_that_waits(node):
    node.look()
    job = node.submit()
    claim = node.claimer.claim(job.id, HERE)
    assert node.look(after=OVERDUE_SECONDS + 1) is None
    node.claimer.finish(claim, Succeeded())
    assert node.look() is not None


def test_a_canary_that_returns_changed_is_reported(node):
    node.look()
    node.answer(lambda _claim: Succeeded(result={"nonce": "other", "instance": HERE}))
    assert node.look().nonce == "other"


def test_a_ledger_out_of_reach_says_nothing_of_the_pool(node):
    node.look()

    def away():
        raise TransientError("away")

    node.ledger.transaction = away
    assert node.look(after=OVERDUE_SECONDS + 1) is None
