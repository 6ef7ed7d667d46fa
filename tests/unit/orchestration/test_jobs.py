"""What an ending makes of a job, and how many jobs run at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import InstanceName, JobId, uuid7
from grace_workers.orchestration.job import (
    LONGEST_WAIT,
    MOST_ERROR_IN_ENTRY,
    NORMAL,
    URGENT,
    Job,
    JobFailed,
    JobState,
    Pool,
    SlotLimits,
    Succeeded,
    TryAgain,
    entry_of,
    priority,
    require_open,
    require_replayable,
    retry_wait,
    settle,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAIT = timedelta(seconds=3)
JOB = Job(
    id=JobId(uuid7()),
    name="noop",
    pool=Pool.HEALING,
    payload={"token": "secret"},
    priority=NORMAL,
    dedupe_key=None,
    incident=None,
    state=JobState.RUNNING,
    attempt=2,
    max_attempts=3,
    owner=InstanceName("alice"),
    not_before=None,
    submitted_at=NOW,
    started_at=NOW,
    ended_at=None,
    result=None,
    error=None,
)


def test_success_keeps_the_result() -> None:
    settlement = settle(JOB, Succeeded(result=[1]), WAIT)
    assert (settlement.state, settlement.result, settlement.wait) == (JobState.SUCCEEDED, [1], None)


def test_failure_is_final() -> None:
    settlement = settle(JOB, JobFailed(error="no"), WAIT)
    assert (settlement.state, settlement.error, settlement.wait) == (JobState.FAILED, "no", None)


def test_another_attempt_waits_as_long_as_the_rule_says() -> None:
    settlement = settle(JOB, TryAgain(error="busy"), WAIT)
    assert (settlement.state, settlement.wait) == (JobState.QUEUED, WAIT)


def test_another_attempt_waits_as_long_as_the_ending_says() -> None:
    assert settle(JOB, TryAgain(error="busy", after=timedelta(0)), WAIT).wait == timedelta(0)
    assert settle(JOB, TryAgain(error="busy", after=timedelta(days=1)), WAIT).wait == LONGEST_WAIT


def test_the_last_attempt_leaves_the_job_dead() -> None:
    settlement = settle(replace(JOB, attempt=3), TryAgain(error="busy"), WAIT)
    assert (settlement.state, settlement.error, settlement.wait) == (JobState.DEAD, "busy (attempt 3 of 3)", None)


def test_attempts_before_a_replay_do_not_count() -> None:
    replayed = replace(JOB, attempt=5, attempts_before=3)
    assert replayed.tries == 2
    assert settle(replayed, TryAgain(error="busy"), WAIT).state is JobState.QUEUED


def test_waits_double_up_to_five_minutes() -> None:
    assert [retry_wait(attempt).total_seconds() for attempt in (1, 2, 3, 50)] == [0.5, 1, 2, 300]


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_can_be_cancelled_or_replayed_or_has_succeeded(state: JobState) -> None:
    refused = []
    for rule in (require_open, require_replayable):
        try:
            rule(replace(JOB, state=state))
        except ConflictError:
            refused.append(rule)
    assert len(refused) == (2 if state is JobState.SUCCEEDED else 1)


def test_limits_leave_an_express_place_beyond_them() -> None:
    limits = SlotLimits()
    assert (limits.of_pool(Pool.HEALING, NORMAL), limits.of_pool(Pool.HEALING, URGENT)) == (5, 6)
    assert (limits.of_all(NORMAL), limits.of_all(URGENT)) == (10, 12)
    assert limits.of_pool(Pool.ORCHESTRATION, NORMAL) is None


@pytest.mark.parametrize("limits", [{"total": -1}, {"total": 300}, {"express": -1}, {"per_pool": {Pool.CODING: 251}}])
def test_limits_out_of_range_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(InputError, match="between 0 and 250"):
        SlotLimits(**limits)


@pytest.mark.parametrize("value", [0, 11, -1])
def test_a_priority_outside_one_to_ten_is_refused(value: int) -> None:
    with pytest.raises(InputError, match="between 1"):
        priority(value)


def test_an_entry_names_the_job_but_not_its_payload() -> None:
    entry = entry_of(replace(JOB, error="x" * 5000), "failed", by="alice", at=NOW, outcome="failed")
    assert (entry.action, entry.subject, entry.actor, entry.outcome) == (
        "job.failed",
        f"job:{JOB.id}",
        "alice",
        "failed",
    )
    assert "secret" not in str(entry)
    assert len(entry.data["error"]) == MOST_ERROR_IN_ENTRY
