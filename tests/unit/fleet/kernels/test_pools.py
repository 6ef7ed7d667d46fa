"""What every pool's kernel promises: a worker that answers, reads its queues and brings a canary job back."""

import pytest

from grace_workers.fleet import Absent, CanaryFacts, InstanceHealth, Kernel, Limited, Unready, WorkerFacts
from grace_workers.fleet.kernels.coding_pool import DEFINITION as CODING
from grace_workers.fleet.kernels.healing_pool import DEFINITION as HEALING
from grace_workers.fleet.kernels.orchestration_pool import DEFINITION as ORCHESTRATION
from tests.conformance.kernel_worlds import PROCESSES, World, member

POOLS = {"coding": CODING, "healing": HEALING, "orchestration": ORCHESTRATION}


@pytest.fixture(params=POOLS)
def pool(request) -> str:
    return request.param


@pytest.fixture
def kernel(pool) -> Kernel:
    return POOLS[pool]


def test_a_canary_job_came_back(kernel):
    assert "a canary job came back through here" in kernel.readiness(World()).seen


def test_the_short_test_waits_for_no_canary(kernel, pool):
    assert f"takes jobs from {pool}" in kernel.readiness(World(thorough=False)).seen


def test_a_worker_that_does_not_answer_is_not_ready(kernel, pool):
    found = kernel.readiness(World(workers={pool: WorkerFacts(answers=False)}))
    assert found == Unready(f"the {pool} worker of here does not answer over the broker")


def test_a_worker_that_reads_no_queue_of_its_pool_is_not_ready(kernel, pool):
    idle = World(workers={pool: WorkerFacts(answers=True, queues=("other",))})
    assert "takes no jobs" in kernel.readiness(idle).why


def test_a_quarantined_worker_is_not_restarted(kernel, pool):
    apart = World(workers={pool: WorkerFacts(answers=True)}, facts_of_member=member(health=InstanceHealth.QUARANTINED))
    assert isinstance(kernel.readiness(apart), Limited)


def test_a_canary_that_was_not_run_in_time_is_a_fault(kernel):
    assert "it is cancelled" in kernel.readiness(World(flown=CanaryFacts(state="cancelled"))).why


def test_a_canary_that_another_node_ran_is_a_fault(kernel):
    stray = CanaryFacts(state="succeeded", nonce="x", instance="there")
    assert "was run by there" in kernel.readiness(World(flown=stray)).why


def test_a_canary_with_another_nonce_is_a_fault(kernel):
    forged = World(flown=CanaryFacts(state="succeeded", nonce="x", instance="here"))
    assert isinstance(kernel.readiness(forged), Unready)


def test_a_node_without_the_pool_has_none(kernel, pool):
    assert isinstance(kernel.readiness(World(processes=PROCESSES - {pool})), Absent)
