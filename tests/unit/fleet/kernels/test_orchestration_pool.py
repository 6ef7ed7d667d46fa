from grace_workers.fleet import Ready, WorkerFacts
from grace_workers.fleet.kernels.orchestration_pool import DEFINITION
from tests.conformance.kernel_worlds import World

BROKEN = World(workers={"orchestration": WorkerFacts(answers=False)})


def test_a_worker_that_carries_a_canary_is_ready():
    assert isinstance(DEFINITION.readiness(World()), Ready)
