from grace_workers.fleet import Limited, WorkerFacts
from grace_workers.fleet.kernels.coding_pool import DEFINITION
from tests.conformance.kernel_worlds import World

BROKEN = World(workers={"coding": WorkerFacts(answers=False)})


def test_a_worker_that_carries_a_canary_is_limited_by_what_its_jobs_lack():
    assert isinstance(DEFINITION.readiness(World()), Limited)
