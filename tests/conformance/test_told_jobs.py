"""Which jobs are published as events, in memory and in PostgreSQL: those that were lost, and no others."""

from grace_workers.adapters.postgres.events import EventMover
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.job_ended import DEFINITION as JOB_ENDED
from grace_workers.orchestration.job import Ending, JobFailed, JobRequest, Pool, Succeeded, TryAgain
from tests.conformance.job_worlds import ALICE, PostgresWorld, World, world

__all__ = ["world"]


def told(world: World) -> list[Event]:
    if isinstance(world, PostgresWorld):
        EventMover(world.engine).move_once()
    with world.ledger.transaction() as tx:
        return list(tx.events.read(after=0, topics=["job.ended"]).events)


def request(**changes: object) -> JobRequest:
    return JobRequest(**{"name": "n", "pool": Pool.ORCHESTRATION, "max_attempts": 1, **changes})


def test_lost_jobs_are_published_with_their_reason_and_successes_are_not(world: World) -> None:
    endings: list[Ending] = [Succeeded(), JobFailed(error="no: password=hunter2"), TryAgain(error="away")]
    with world.ledger.transaction() as tx:
        jobs = tx.jobs.submit([request() for _ in endings])
    for job, ending in zip(jobs, endings, strict=True):
        claim = world.claimer.claim(job.id, ALICE)
        assert claim is not None
        world.claimer.finish(claim, ending)
    found = [event.read(JOB_ENDED) for event in told(world)]
    assert [(one.job, one.state) for one in found] == [(jobs[1].id, "failed"), (jobs[2].id, "dead")]
    assert found[0].error == "no: password=***"


def test_an_ending_and_a_cancellation_are_published(world: World) -> None:
    with world.ledger.transaction() as tx:
        ended, cancelled = tx.jobs.submit([request(), request(audited=False)])
    claim = world.claimer.claim(ended.id, ALICE)
    assert claim is not None
    world.claimer.finish(claim, JobFailed(error="no"))
    with world.ledger.transaction() as tx:
        tx.jobs.cancel(cancelled.id)
    assert [event.body["state"] for event in told(world)] == ["failed", "cancelled"]


def test_a_retry_is_not_published_and_a_job_that_killed_its_workers_is(world: World) -> None:
    with world.ledger.transaction() as tx:
        (job,) = tx.jobs.submit([request(max_attempts=1)])
    assert world.claimer.claim(job.id, ALICE) is not None
    world.register(ALICE)
    assert told(world) == []
    assert world.claimer.claim(job.id, ALICE) is None
    (event,) = told(world)
    assert (event.key, event.body["state"]) == (str(job.id), "dead")
