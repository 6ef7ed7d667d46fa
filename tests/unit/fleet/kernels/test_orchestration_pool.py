from grace_workers.fleet import Absent, CanaryFacts, InstanceHealth, Limited, Ready, Unready, WorkerFacts
from grace_workers.fleet.kernels.orchestration_pool import DEFINITION
from tests.conformance.kernel_worlds import PROCESSES, World, member

BROKEN = World(workers={"orchestration": WorkerFacts(answers=False)})


def said(world: World):
    return DEFINITION.readiness(world)


def test_a_worker_that_carries_a_canary_is_ready():
    found = said(World())
    assert isinstance(found, Ready)
    assert "a canary job came back through here" in found.seen


def test_the_short_test_sends_no_canary():
    assert "takes jobs from orchestration" in said(World(thorough=False)).seen


def test_a_worker_that_does_not_answer_is_not_ready():
    found = said(World(workers={"orchestration": WorkerFacts(answers=False)}))
    assert found == Unready("the orchestration worker of here does not answer over the broker")


def test_a_worker_that_reads_no_queue_of_its_pool_is_not_ready():
    assert "takes no jobs" in said(World(workers={"orchestration": WorkerFacts(answers=True, queues=("other",))})).why


def test_a_worker_that_was_set_apart_is_not_restarted_for_it():
    apart = World(
        workers={"orchestration": WorkerFacts(answers=True)}, facts_of_member=member(health=InstanceHealth.QUARANTINED)
    )
    assert isinstance(said(apart), Limited)


def test_a_canary_that_nobody_ran_in_time_is_a_fault():
    assert "it is cancelled" in said(World(flown=CanaryFacts(state="cancelled"))).why


def test_a_canary_that_another_node_ran_is_a_fault():
    stray = CanaryFacts(state="succeeded", nonce="x", instance="there")
    assert "was run by there" in said(World(flown=stray)).why


def test_a_canary_with_another_nonce_is_a_fault():
    assert isinstance(said(World(flown=CanaryFacts(state="succeeded", nonce="x", instance="here"))), Unready)


def test_a_node_without_the_pool_has_none():
    assert isinstance(said(World(processes=PROCESSES - {"orchestration"})), Absent)
