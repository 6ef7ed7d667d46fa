"""What every job promises, cycles included; a new one is picked up by its file."""

from datetime import timedelta

import pytest

from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.submission import submittable
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.work.catalog import declared_jobs, job_at, scheduled
from grace_workers.orchestration.work.tasks import asked_for, orderable
from grace_workers.settings import Settings

DAY = timedelta(days=1)
STRANGERS = {"grace.heal", "grace.signal", "system.noop"}


@pytest.fixture(params=declared_jobs().names)
def job(request):
    return declared_jobs()[request.param]


def test_a_job_is_known_by_its_address_and_run_by_the_task_of_that_name(job):
    assert job.address.partition(".")[::2] == tuple(job.name.split("_", 1))
    assert job_at(job.address) is job
    assert job_functions()[job.address] is job.run


def test_a_job_says_where_it_runs_how_long_and_how_often(job):
    assert set(job.pools) <= set(Pool)
    assert len(job.pools) == len(set(job.pools)) >= 1
    assert timedelta(seconds=1) <= job.time_limit <= DAY
    assert 1 <= job.attempts <= 100


def test_a_job_says_in_a_sentence_what_it_does(job):
    assert job.summary.endswith(".")
    assert job.summary[0].isupper()


def test_a_request_is_what_the_definition_says(job):
    asked = job.request({}, by="ann")
    assert (asked.name, asked.pool, asked.max_attempts, asked.by) == (job.address, job.pools[0], job.attempts, "ann")
    assert asked.audited
    assert job.request({}).audited is job.audited


def test_who_may_ask_for_a_job_is_what_its_definition_says(job):
    assert (job.address in orderable(), job.address in submittable()) == (job.orderable, job.submittable)
    assert (job.address in asked_for()) is (job.orderable or job.submittable or job.ends_with_incident)
    if job.submittable:
        assert submittable()[job.address] == frozenset(job.pools)


def test_beat_starts_a_job_exactly_when_it_has_a_cadence(job):
    entry = next((one for one in scheduled({}) if one.job == job.address), None)
    assert (None if entry is None else entry.every) == job.cadence


def test_beat_leaves_out_a_job_that_would_find_nothing_to_do(job):
    entry = next((one for one in Settings().schedule if one.job == job.address), None)
    assert (entry is not None) is (job.cadence is not None and job.only_with is None)


def test_beat_starts_a_job_once_its_setting_has_content():
    told = Settings(people={"ways": {"desk": {"kind": "webhook", "url": "https://example.org/x"}}}).schedule
    assert {"people_look"} == {one.name for one in told} - {one.name for one in Settings().schedule}


def test_strangers_may_hand_in_no_more_than_was_agreed():
    # Anyone who may push to the queue may request these. Consider a forged order before you add one.
    assert set(submittable()) == STRANGERS
