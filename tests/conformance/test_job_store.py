"""What every job ledger promises, run against memory and PostgreSQL."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import (
    FencedError,
    Job,
    JobFailed,
    JobRequest,
    JobState,
    Pool,
    Priority,
    Succeeded,
    TryAgain,
)
from grace_workers.orchestration.work.schedule import slot_at
from tests.conformance.job_worlds import ALICE, BOB, World, checked_claim, submit, world

__all__ = ["world"]


def look(world: World, job_id: JobId) -> Job:
    with world.ledger.transaction() as transaction:
        return transaction.jobs.get(job_id)


def test_a_submitted_job_waits_in_the_queue(world: World) -> None:
    job = submit(world, payload={"depth": [1, None, {"text": "ü"}]}, priority=Priority(7))
    assert look(world, job.id) == job
    assert (job.state, job.attempt, job.priority, job.not_before) == (JobState.QUEUED, 0, 7, None)
    assert job.payload == {"depth": [1, None, {"text": "ü"}]}


def test_jobs_come_back_in_the_order_of_the_requests(world: World) -> None:
    requests = [JobRequest(name=f"job-{n}", pool=Pool.CODING, dedupe_key=f"key-{9 - n}") for n in range(10)]
    with world.ledger.transaction() as transaction:
        jobs = transaction.jobs.submit(requests)
    assert [job.name for job in jobs] == [request.name for request in requests]


def test_an_open_job_of_the_same_key_is_returned_instead_of_a_second(world: World) -> None:
    first = submit(world, dedupe_key="once")
    assert submit(world, dedupe_key="once").id == first.id
    assert world.actions() == ["job.submitted"]


def test_two_requests_of_one_key_in_one_batch_give_one_job(world: World) -> None:
    requests = [JobRequest(name="noop", pool=Pool.CODING, dedupe_key="once") for _ in range(2)]
    with world.ledger.transaction() as transaction:
        one, other = transaction.jobs.submit(requests)
        assert len(transaction.jobs.find()) == 1
    assert one.id == other.id


def test_a_key_is_free_again_when_its_job_has_ended(world: World) -> None:
    first = submit(world, dedupe_key="once")
    world.claimer.finish(checked_claim(world, first), Succeeded())
    assert submit(world, dedupe_key="once").id != first.id


def test_a_request_submitted_twice_is_one_job_even_after_its_end(world: World) -> None:
    request = JobRequest(name="noop", pool=Pool.ORCHESTRATION)
    with world.ledger.transaction() as transaction:
        job = transaction.jobs.submit([request])[0]
    world.claimer.finish(checked_claim(world, job), Succeeded())
    with world.ledger.transaction() as transaction:
        again = transaction.jobs.submit([request])[0]
    assert (again.id, again.state) == (job.id, JobState.SUCCEEDED)


def test_an_exception_leaves_neither_job_nor_entry(world: World) -> None:
    request = JobRequest(name="noop", pool=Pool.CODING)
    unreadable = JobRequest(name="bad", pool=Pool.CODING, payload={"n": float("nan")})
    with pytest.raises(InputError), world.ledger.transaction() as transaction:
        [transaction.jobs.submit([each]) for each in (request, unreadable)]
    with pytest.raises(NotFoundError):
        look(world, request.id)
    assert world.actions() == []


@pytest.mark.parametrize(
    "fields",
    [{"name": "a\x00b"}, {"dedupe_key": "\x00"}, {"payload": {"n": float("nan")}}, {"max_attempts": 0}],
)
def test_what_cannot_be_stored_is_refused(world: World, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        submit(world, **fields)


def test_a_claim_raises_the_attempt_and_names_the_owner(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    assert (claimed.attempt, claimed.job.owner, claimed.job.state) == (1, ALICE, JobState.RUNNING)
    assert look(world, claimed.job.id) == claimed.job


def test_a_second_doorbell_finds_nothing_to_checked_claim(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    assert world.claimer.claim(claimed.job.id, BOB) is None
    assert world.claimer.claim(claimed.job.id, ALICE) is None
    world.claimer.finish(claimed, Succeeded())
    assert world.claimer.claim(claimed.job.id, BOB) is None


def test_an_unknown_job_cannot_be_claimed(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.claimer.claim(JobId(uuid4()), ALICE)


def test_an_instance_outside_the_fleet_claims_nothing(world: World) -> None:
    job = submit(world)
    world.declare_dead(BOB)
    for name in (BOB, InstanceName("stranger")):
        with pytest.raises(TransientError):
            world.claimer.claim(job.id, name)
    assert look(world, job.id).state is JobState.QUEUED


def test_a_job_is_not_claimed_before_its_time(world: World) -> None:
    job = submit(world)
    later = submit(world, not_before=job.submitted_at + timedelta(hours=1))
    assert later.not_before == job.submitted_at + timedelta(hours=1)
    assert world.claimer.claim(later.id, ALICE) is None
    world.pass_time(timedelta(hours=1, seconds=1))
    assert world.claimer.claim(later.id, ALICE) is not None


def test_a_result_is_kept_with_the_end(world: World) -> None:
    job = world.claimer.finish(checked_claim(world, submit(world)), Succeeded(result={"rows": [1, 2]}))
    assert job is not None
    assert (job.state, job.result, job.error) == (JobState.SUCCEEDED, {"rows": [1, 2]}, None)
    assert job.ended_at is not None
    assert world.actions() == ["job.submitted", "job.succeeded"]


def test_a_failed_job_is_not_tried_again(world: World) -> None:
    job = world.claimer.finish(checked_claim(world, submit(world)), JobFailed(error="no such target"))
    assert job is not None
    assert (job.state, job.error) == (JobState.FAILED, "no such target")
    assert world.claimer.claim(job.id, ALICE) is None


def test_a_job_tried_again_waits_and_keeps_its_attempt(world: World) -> None:
    job = world.claimer.finish(checked_claim(world, submit(world)), TryAgain(error="busy", after=timedelta(hours=1)))
    assert job is not None
    assert (job.state, job.attempt, job.error, job.owner, job.ended_at) == (JobState.QUEUED, 1, "busy", None, None)
    assert world.claimer.claim(job.id, ALICE) is None
    world.pass_time(timedelta(hours=1, seconds=1))
    assert checked_claim(world, job).attempt == 2


def test_a_job_dies_when_its_attempts_are_used_up(world: World) -> None:
    job = submit(world, max_attempts=2)
    world.claimer.finish(checked_claim(world, job), TryAgain(error="busy", after=timedelta(0)))
    dead = world.claimer.finish(checked_claim(world, job), TryAgain(error="busy", after=timedelta(0)))
    assert dead is not None
    assert (dead.state, dead.error) == (JobState.DEAD, "busy (attempt 2 of 2)")
    assert world.actions() == ["job.submitted", "job.dead"]


def test_a_job_that_kills_its_instances_dies_too(world: World) -> None:
    job = submit(world, max_attempts=2)
    for _ in range(2):
        checked_claim(world, job, BOB)
        world.declare_dead(BOB)
        world.register(BOB)
    assert world.claimer.claim(job.id, ALICE) is None
    dead = look(world, job.id)
    assert dead.state is JobState.DEAD
    assert dead.error is not None
    assert "2 of 2 attempts" in dead.error
    assert world.actions() == ["job.submitted", "job.taken_over", "job.taken_over", "job.dead"]


def test_an_ending_recorded_twice_is_recorded_once(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    first = world.claimer.finish(claimed, Succeeded(result=1))
    assert world.claimer.finish(claimed, Succeeded(result=1)) == first
    assert world.actions() == ["job.submitted", "job.succeeded"]


def test_the_job_of_a_dead_instance_is_claimed_by_another(world: World) -> None:
    job = submit(world)
    late = checked_claim(world, job, BOB)
    world.declare_dead(BOB)
    fresh = checked_claim(world, job, ALICE)
    assert (fresh.attempt, fresh.job.owner) == (2, ALICE)
    assert world.claimer.finish(late, Succeeded(result="late")) is None
    assert look(world, job.id) == fresh.job


def test_a_fenced_claim_can_neither_hold_nor_finish(world: World) -> None:
    job = submit(world)
    late = checked_claim(world, job, BOB)
    world.declare_dead(BOB)
    checked_claim(world, job, ALICE)
    with pytest.raises(FencedError), world.ledger.transaction() as transaction:
        transaction.jobs.hold(late)
    assert world.claimer.finish(late, Succeeded()) is None


def test_a_claim_that_is_ours_can_be_held(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    with world.ledger.transaction() as transaction:
        transaction.jobs.hold(claimed)
    assert world.claimer.finish(claimed, Succeeded()).state is JobState.SUCCEEDED


def test_a_restarted_instance_gives_back_what_it_ran(world: World) -> None:
    job = submit(world)
    late = checked_claim(world, job, BOB)
    world.register(BOB)
    assert checked_claim(world, job, BOB).attempt == 2
    assert world.claimer.finish(late, Succeeded()) is None


def test_the_job_of_a_lost_child_is_given_back_by_its_parent(world: World) -> None:
    job = submit(world, pool=Pool.CODING)
    late = checked_claim(world, job)
    assert world.claimer.give_back(job.id, BOB) is None
    back = world.claimer.give_back(job.id, ALICE)
    assert back is not None
    assert (back.state, back.owner, back.attempt) == (JobState.QUEUED, None, 1)
    assert world.claimer.give_back(job.id, ALICE) is None
    assert checked_claim(world, job).attempt == 2
    assert world.claimer.finish(late, Succeeded()) is None


def test_a_cancelled_job_is_not_run(world: World) -> None:
    job = submit(world)
    with world.ledger.transaction() as transaction:
        assert transaction.jobs.cancel(job.id, by="ann").state is JobState.CANCELLED
    assert world.claimer.claim(job.id, ALICE) is None
    assert world.actions() == ["job.submitted", "job.cancelled"]


def test_cancelling_fences_the_running_attempt(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    with world.ledger.transaction() as transaction:
        transaction.jobs.cancel(claimed.job.id)
    assert world.claimer.finish(claimed, Succeeded()) is None
    assert look(world, claimed.job.id).state is JobState.CANCELLED


def test_an_ended_job_cannot_be_cancelled(world: World) -> None:
    claimed = checked_claim(world, submit(world))
    world.claimer.finish(claimed, Succeeded())
    with pytest.raises(ConflictError), world.ledger.transaction() as transaction:
        transaction.jobs.cancel(claimed.job.id)


def test_a_replayed_job_has_fresh_attempts_and_a_higher_token(world: World) -> None:
    job = submit(world, max_attempts=1)
    world.claimer.finish(checked_claim(world, job), TryAgain(error="busy"))
    with world.ledger.transaction() as transaction:
        again = transaction.jobs.replay(job.id, by="ann")
    assert (again.state, again.tries, again.error) == (JobState.QUEUED, 0, None)
    assert checked_claim(world, job).attempt == 2
    assert world.actions() == ["job.submitted", "job.dead", "job.replayed"]


def test_an_open_or_succeeded_job_cannot_be_replayed(world: World) -> None:
    job = submit(world)
    with pytest.raises(ConflictError), world.ledger.transaction() as transaction:
        transaction.jobs.replay(job.id)
    world.claimer.finish(checked_claim(world, job), Succeeded())
    with pytest.raises(ConflictError), world.ledger.transaction() as transaction:
        transaction.jobs.replay(job.id)


def test_a_job_is_not_replayed_while_another_of_its_key_is_open(world: World) -> None:
    first = submit(world, dedupe_key="once")
    world.claimer.finish(checked_claim(world, first), JobFailed(error="no"))
    submit(world, dedupe_key="once")
    with pytest.raises(ConflictError), world.ledger.transaction() as transaction:
        transaction.jobs.replay(first.id)


def test_unaudited_jobs_leave_no_entry(world: World) -> None:
    claimed = checked_claim(world, submit(world, audited=False))
    assert world.claimer.finish(claimed, Succeeded()) is not None
    assert world.actions() == []


def test_jobs_are_found_newest_first(world: World) -> None:
    jobs = [submit(world, name=name, id=JobId(UUID(int=place))) for place, name in enumerate("aba")]
    world.claimer.finish(checked_claim(world, jobs[0]), Succeeded())
    with world.ledger.transaction() as transaction:
        assert [job.id for job in transaction.jobs.find(limit=2)] == [jobs[2].id, jobs[1].id]
        assert [job.id for job in transaction.jobs.find(before=jobs[2].id)] == [jobs[1].id, jobs[0].id]
        assert [job.id for job in transaction.jobs.find(names=["a"], state=JobState.QUEUED)] == [jobs[2].id]
        assert transaction.jobs.find(pool=Pool.CODING) == transaction.jobs.find(names=[]) == []
        assert [job.id for job in transaction.jobs.find(names=["a", "b"])] == [job.id for job in jobs[::-1]]
        assert [job.id for job in transaction.jobs.iter_all()] == [job.id for job in jobs]


def test_counts_group_due_and_dead_jobs(world: World) -> None:
    submit(world, pool=Pool.HEALING, priority=Priority(10))
    submit(world, pool=Pool.HEALING)
    submit(world, pool=Pool.HEALING)
    world.claimer.finish(checked_claim(world, submit(world)), Succeeded())
    began = submit(world)
    checked_claim(world, began)
    submit(world, pool=Pool.HEALING, not_before=began.submitted_at + timedelta(hours=1))
    with world.ledger.transaction() as transaction:
        counts = [(count.pool, count.state, count.priority, count.count) for count in transaction.jobs.counts()]
    assert counts == [
        (Pool.HEALING, JobState.QUEUED, 10, 1),
        (Pool.HEALING, JobState.QUEUED, 5, 2),
        (Pool.ORCHESTRATION, JobState.RUNNING, 5, 1),
    ]


def test_slices_show_when_pools_ended_their_jobs(world: World) -> None:
    failed = checked_claim(world, submit(world, pool=Pool.CODING))
    world.claimer.finish(failed, JobFailed(error="no"))
    for pool in (Pool.CODING, Pool.HEALING):
        world.claimer.finish(checked_claim(world, submit(world, pool=pool)), Succeeded())
    checked_claim(world, submit(world, pool=Pool.HEALING))
    day = timedelta(days=1)
    with world.ledger.transaction() as transaction:
        at = slot_at(transaction.jobs.get(failed.job.id).ended_at, day)
        found = transaction.jobs.slices(since=at, every=day)
        later = transaction.jobs.slices(since=at + 2 * day, every=day)
    assert [(one.pool, one.at, one.ended, one.failed) for one in found] == [
        (Pool.CODING, at, 2, 1),
        (Pool.HEALING, at, 1, 0),
    ]
    assert all(timedelta(0) <= one.waited < timedelta(minutes=1) for one in found)
    assert list(later) == []


def test_figures_show_what_a_pool_did(world: World) -> None:
    world.claimer.finish(checked_claim(world, submit(world, pool=Pool.CODING)), Succeeded())
    world.claimer.finish(checked_claim(world, submit(world, pool=Pool.CODING)), JobFailed(error="no"))
    with world.ledger.transaction() as transaction:
        figures = {figure.pool: figure for figure in transaction.jobs.figures(timedelta(hours=1))}
    assert [(figure.processed, figure.failed) for figure in figures.values()] == [(0, 0), (2, 1), (0, 0)]
    coding = figures[Pool.CODING]
    assert timedelta(0) <= coding.completion_p50 <= coding.completion_p99
    assert coding.wait_mean >= timedelta(0)
