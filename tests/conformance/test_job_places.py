"""How many of the agents' jobs run at once, and what frees a slot."""

from datetime import timedelta
from typing import Any

import pytest

from grace_workers.orchestration.job import (
    JobFailed,
    Pool,
    Priority,
    Succeeded,
    TryAgain,
)
from tests.conformance.job_worlds import ALICE, BOB, World, checked_claim, submit, world

__all__ = ["world"]


def test_an_agent_runs_no_more_jobs_than_its_limit(world: World) -> None:
    jobs = [submit(world, pool=Pool.HEALING) for _ in range(3)]
    held = [checked_claim(world, job) for job in jobs[:2]]
    assert world.claimer.claim(jobs[2].id, ALICE) is None
    world.claimer.finish(held[0], Succeeded())
    assert world.claimer.claim(jobs[2].id, ALICE) is not None


def test_the_agents_together_run_no_more_than_the_total(world: World) -> None:
    pools = [Pool.HEALING, Pool.HEALING, Pool.CODING]
    for pool in pools:
        checked_claim(world, submit(world, pool=pool))
    assert world.claimer.claim(submit(world, pool=Pool.CODING).id, ALICE) is None


def test_an_urgent_job_finds_a_place_when_all_are_taken(world: World) -> None:
    for pool in (Pool.HEALING, Pool.HEALING, Pool.CODING):
        checked_claim(world, submit(world, pool=pool))
    for pool in (Pool.HEALING, Pool.CODING):
        checked_claim(world, submit(world, pool=pool, priority=Priority(10)))
    assert world.claimer.claim(submit(world, pool=Pool.HEALING, priority=Priority(10)).id, ALICE) is None


def test_an_ordinary_job_takes_an_ordinary_place_while_an_urgent_one_runs(world: World) -> None:
    ordinary = [checked_claim(world, submit(world, pool=Pool.HEALING)) for _ in range(2)]
    checked_claim(world, submit(world, pool=Pool.HEALING, priority=Priority(9)))
    world.claimer.finish(ordinary[0], Succeeded())
    assert world.claimer.claim(submit(world, pool=Pool.HEALING).id, ALICE) is not None


def test_orchestration_has_no_limit(world: World) -> None:
    for _ in range(12):
        checked_claim(world, submit(world))


@pytest.mark.parametrize(
    "ending", [Succeeded(), JobFailed(error="no"), TryAgain(error="busy", after=timedelta(hours=1))]
)
def test_every_ending_frees_the_place(world: World, ending: Any) -> None:
    for _ in range(4):
        world.claimer.finish(checked_claim(world, submit(world, pool=Pool.HEALING)), ending)


def test_cancelling_and_take_over_free_the_place(world: World) -> None:
    for _ in range(2):
        checked_claim(world, submit(world, pool=Pool.HEALING), BOB)
    world.declare_dead(BOB)
    world.register(BOB)
    held = [checked_claim(world, submit(world, pool=Pool.HEALING)) for _ in range(2)]
    with world.ledger.transaction() as transaction:
        transaction.jobs.cancel(held[0].job.id)
    checked_claim(world, submit(world, pool=Pool.HEALING))
