"""What the store of levers promises, in memory and PostgreSQL."""

from datetime import timedelta

import pytest

from grace_workers.cycles import BlockFigures, LeverSetting, LeverStep, Schedule
from grace_workers.orchestration.job import JobFailed, JobRequest, Pool, Succeeded
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.work.levers import turn
from grace_workers.testing import FakeClock
from tests.conformance.line_worlds import HERE, World, clock, world

__all__ = ["clock", "world"]
MINUTE = timedelta(minutes=1)


def test_what_was_set_of_a_lever_is_kept_by_its_name(world: World, clock: FakeClock) -> None:
    times = Schedule(seed=1, began=clock.now(), block=MINUTE, until=clock.now() + MINUTE)
    first = LeverSetting(name="b", value=3, trial=4, schedule=times)
    with world.ledger.transaction() as tx:
        tx[LeverStore].lock()
        tx[LeverStore].save(first, clock.now())
        tx[LeverStore].save(LeverSetting(name="a"), clock.now())
        tx[LeverStore].save(LeverSetting(name="a", value=2), clock.now())
    with world.ledger.transaction() as tx:
        assert tx[LeverStore].settings() == {"a": LeverSetting(name="a", value=2), "b": first}


def test_an_experiment_needs_a_value_on_trial_and_its_end_takes_the_value_off(world: World, clock: FakeClock) -> None:
    times = Schedule(seed=1, began=clock.now(), block=MINUTE, until=clock.now() + MINUTE)
    begin = LeverStep(lever="a", schedule=times, reason="begin")
    with world.ledger.transaction() as tx:
        turn(tx, begin, clock.now(), by="cycle:optimiser")
        assert tx[LeverStore].settings() == {}
        tx[LeverStore].save(LeverSetting(name="a", value=3, trial=4), clock.now())
        turn(tx, begin, clock.now(), by="cycle:optimiser")
        assert tx[LeverStore].settings()["a"] == LeverSetting(name="a", value=3, trial=4, schedule=times)
        turn(tx, LeverStep(lever="a", schedule=None, reason="enough"), clock.now(), by="cycle:optimiser")
        assert tx[LeverStore].settings()["a"] == LeverSetting(name="a", value=3)


def test_a_block_is_measured_by_the_jobs_that_became_due_in_it(world: World) -> None:
    with world.ledger.transaction() as tx:
        made = tx.jobs.submit(
            [JobRequest(name=name, pool=Pool.HEALING) for name in ("a", "b")]
            + [JobRequest(name="people.look", pool=Pool.ORCHESTRATION, audited=False)]
        )
    for job, ending in zip(made, (Succeeded(result={}), JobFailed(error="no"), Succeeded(result={})), strict=True):
        claim = world.claimer.claim(job.id, HERE)
        assert claim is not None
        world.claimer.finish(claim, ending)
    since = made[0].submitted_at
    windows = [(since - MINUTE, since), (since, since + MINUTE)]
    with world.ledger.transaction() as tx:
        before, now = tx[LeverStore].blocks(windows)
        assert before == BlockFigures()
        assert (now.jobs, now.failed, now.seconds > 0) == (2, 1, True)
        assert now.slowest > 0.99 * now.seconds
        assert timedelta(0) <= now.waited <= timedelta(seconds=now.slowest)
        assert [one.jobs for one in tx[LeverStore].blocks(windows, pool="healing")] == [0, 2]
        assert [one.jobs for one in tx[LeverStore].blocks(windows, pool="coding")] == [0, 0]


def test_a_job_that_has_not_ended_counts_as_an_arrival_and_as_long_as_the_longest(world: World) -> None:
    with world.ledger.transaction() as tx:
        done, open_ = tx.jobs.submit([JobRequest(name=name, pool=Pool.HEALING) for name in ("a", "b")])
    claim = world.claimer.claim(done.id, HERE)
    assert claim is not None
    world.claimer.finish(claim, Succeeded(result={}))
    window = [(done.submitted_at, done.submitted_at + MINUTE)]
    with world.ledger.transaction() as tx:
        (both,) = tx[LeverStore].blocks(window)
        assert (both.jobs, both.failed) == (2, 0)
        tx.jobs.cancel(open_.id)
        (one,) = tx[LeverStore].blocks(window)
    assert one.jobs == 1
    assert both.seconds >= one.seconds > 0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_blocks_come_back_as_were_asked_for(world: World, clock: FakeClock, count: int) -> None:
    windows = [(clock.now() + MINUTE * at, clock.now() + MINUTE * (at + 1)) for at in range(count)]
    with world.ledger.transaction() as tx:
        assert tx[LeverStore].blocks(windows) == [BlockFigures()] * count
