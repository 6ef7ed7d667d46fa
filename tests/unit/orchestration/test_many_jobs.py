"""Replaying and cancelling all that match, after a person has seen how many they are."""

from datetime import timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.orchestration import many_jobs
from grace_workers.orchestration.job import Job, JobRequest, JobState, Pool
from grace_workers.orchestration.many_jobs import JobFilter, SeenCount
from tests.builders import Ward

DEAD = JobFilter(state=JobState.DEAD)
CANCELLED = JobFilter(state=JobState.CANCELLED, pool=Pool.HEALING)
QUEUED = JobFilter(state=JobState.QUEUED, pool=Pool.HEALING)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def submit(ward: Ward, count: int, *, key: str | None = None, name: str = "one") -> list[Job]:
    with ward.ledger.transaction() as tx:
        requests = [JobRequest(name=name, pool=Pool.HEALING, payload={}, dedupe_key=key) for _ in range(count)]
        return list(tx.jobs.submit(requests))


def shown(ward: Ward, wanted: JobFilter) -> SeenCount:
    found = many_jobs.matching(ward.ledger, ward.clock, wanted)
    return SeenCount(count=found.count, at=found.at)


def test_all_that_were_counted_are_cancelled_and_replayed_with_who_asked(ward: Ward) -> None:
    submit(ward, 3)
    assert many_jobs.cancel_all(ward.ledger, QUEUED, shown(ward, QUEUED), by="ann").done == 3
    seen = shown(ward, CANCELLED)
    assert seen.count == 3
    done = many_jobs.replay_all(ward.ledger, ward.clock, CANCELLED, seen, by="ann")
    assert (done.done, done.skipped, shown(ward, QUEUED).count) == (3, {}, 3)
    again = many_jobs.replay_all(ward.ledger, ward.clock, CANCELLED, seen, by="ann")
    assert (again.done, again.skipped) == (0, {})


def test_what_came_later_or_is_more_than_was_shown_is_left_alone(ward: Ward) -> None:
    submit(ward, 2)
    seen = shown(ward, QUEUED)
    ward.clock.advance(timedelta(seconds=1))
    submit(ward, 2)
    assert many_jobs.cancel_all(ward.ledger, QUEUED, seen, by="ann").done == 2
    left = SeenCount(count=1, at=ward.clock.now())
    assert many_jobs.cancel_all(ward.ledger, QUEUED, left, by="ann").done == 1
    assert shown(ward, QUEUED).count == 1


def test_a_job_that_was_there_but_came_into_the_state_later_was_not_seen(ward: Ward) -> None:
    early, late = submit(ward, 1)[0], submit(ward, 1)[0]
    with ward.ledger.transaction() as tx:
        tx.jobs.cancel(early.id)
    seen = shown(ward, CANCELLED)
    ward.clock.advance(timedelta(seconds=1))
    with ward.ledger.transaction() as tx:
        tx.jobs.cancel(late.id)
    # The newest come first, so this one would be taken for the one that was shown.
    assert many_jobs.replay_all(ward.ledger, ward.clock, CANCELLED, seen, by="ann").done == 1
    with ward.ledger.transaction() as tx:
        assert [tx.jobs.get(one.id).state for one in (early, late)] == [JobState.QUEUED, JobState.CANCELLED]


def test_one_that_cannot_be_changed_is_named_and_the_others_are_changed(ward: Ward) -> None:
    (held, other) = (*submit(ward, 1, key="same"), *submit(ward, 1))
    many_jobs.cancel_all(ward.ledger, QUEUED, shown(ward, QUEUED), by="ann")
    submit(ward, 1, key="same")
    done = many_jobs.replay_all(ward.ledger, ward.clock, CANCELLED, shown(ward, CANCELLED), by="ann")
    assert (done.done, list(done.skipped)) == (1, [held.id])
    assert "dedupe key" in done.skipped[held.id]
    with ward.ledger.transaction() as tx:
        assert tx.jobs.get(other.id).state is JobState.QUEUED


def test_a_filter_by_name_counts_only_that_name(ward: Ward) -> None:
    submit(ward, 2)
    submit(ward, 1, name="two")
    wanted = JobFilter(state=JobState.QUEUED, name="two")
    assert many_jobs.cancel_all(ward.ledger, wanted, shown(ward, wanted), by="ann").done == 1


def test_a_state_that_cannot_be_changed_so_is_refused(ward: Ward) -> None:
    seen = SeenCount(count=1, at=ward.clock.now())
    with pytest.raises(InputError, match="succeeded cannot be replayed; only those that are cancelled, dead, failed"):
        many_jobs.replay_all(ward.ledger, ward.clock, JobFilter(state=JobState.SUCCEEDED), seen, by="ann")
    with pytest.raises(InputError, match="dead cannot be cancelled"):
        many_jobs.cancel_all(ward.ledger, DEAD, seen, by="ann")
