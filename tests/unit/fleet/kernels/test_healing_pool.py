from grace_workers.fleet import CanaryFacts, Ready, WorkerFacts
from grace_workers.fleet.kernels.healing_pool import DEFINITION
from tests.conformance.kernel_worlds import World

BROKEN = World(workers={"healing": WorkerFacts(answers=False)})


def test_a_worker_that_carries_a_canary_is_ready():
    assert isinstance(DEFINITION.readiness(World()), Ready)


def test_a_worker_that_says_it_is_at_work_and_runs_no_canary_is_not_ready():
    stuck = World(thorough=False, patrolled=CanaryFacts(state="queued"))
    assert "a canary job has not run; it is queued" in DEFINITION.readiness(stuck).why


def test_a_periodic_canary_that_returns_changed_is_a_fault():
    strange = World(thorough=False, patrolled=CanaryFacts(state="succeeded", nonce="x", instance="there"))
    assert "changed, through there" in DEFINITION.readiness(strange).why
