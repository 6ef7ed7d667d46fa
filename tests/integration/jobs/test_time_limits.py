"""An attempt that takes longer than its kind of job may loses its claim."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.jobs.takeover import TimeLimits
from grace_workers.orchestration.job import Claim, JobState, Succeeded
from tests.integration.jobs.conftest import ALICE, BOB

pytestmark = pytest.mark.servers

Sql = Callable[..., list[Any]]
LIMITS = {"noop": timedelta(minutes=10), "other": timedelta(minutes=1)}


@pytest.fixture
def limits(engine: Engine) -> TimeLimits:
    return TimeLimits(engine, LIMITS)


def running_for(engine: Engine, sql: Sql, job: Any, minutes: int) -> Claim:
    claim = PostgresJobClaimer(engine).claim(job.id, ALICE)
    assert claim is not None
    age = timedelta(minutes=minutes)
    sql("UPDATE jobs SET started_at = clock_timestamp() - :age WHERE id = :id", age=age, id=job.id)
    return claim


def test_an_overdue_attempt_is_fenced_and_made_again(engine: Engine, submit: Any, sql: Sql, limits: TimeLimits) -> None:
    job = submit()
    late = running_for(engine, sql, job, 11)
    (again,) = limits.enforce_once()
    assert (again.id, again.state, again.attempt) == (job.id, JobState.QUEUED, 1)
    claimer = PostgresJobClaimer(engine)
    fresh = claimer.claim(job.id, BOB)
    assert fresh is not None
    assert claimer.finish(late, Succeeded()) is None
    assert claimer.finish(fresh, Succeeded()).state is JobState.SUCCEEDED
    assert sql("SELECT count(*) FROM audit_inbox WHERE entry->>'action' = 'job.timed_out'") == [(1,)]


def test_a_job_within_its_limit_or_without_one_continues(
    engine: Engine, submit: Any, sql: Sql, limits: TimeLimits
) -> None:
    for name, minutes in (("noop", 9), ("unlimited", 60)):
        running_for(engine, sql, submit(name=name), minutes)
    assert limits.enforce_once() == []


def test_a_job_whose_last_attempt_is_overdue_dies(engine: Engine, submit: Any, sql: Sql, limits: TimeLimits) -> None:
    job = submit(name="other", max_attempts=1)
    running_for(engine, sql, job, 2)
    assert len(limits.enforce_once()) == 1
    assert PostgresJobClaimer(engine).claim(job.id, BOB) is None
    ((state, error),) = sql("SELECT state, error FROM jobs WHERE id = :id", id=job.id)
    assert (state, "its time limit passed" in error) == ("dead", True)
