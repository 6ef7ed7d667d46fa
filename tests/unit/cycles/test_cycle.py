from datetime import timedelta

import pytest

from grace_workers.cycles import declared_cycles
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.work.catalog import declared_jobs, scheduled


def test_every_cycle_is_a_job_that_operators_may_start_and_that_beat_starts_in_its_cadence() -> None:
    entries = {one.name: one for one in scheduled({})}
    for cycle in declared_cycles():
        job = declared_jobs()[f"cycle_{cycle.name}"]
        assert (job.address, job.orderable, job.submittable) == (f"cycle.{cycle.name}", True, False)
        entry = entries[cycle.name]
        assert (entry.job, entry.every, entry.missed) == (job.address, cycle.cadence, cycle.missed)
        assert entry.audited is cycle.audited


def test_a_cycle_can_be_made_as_quick_as_one_second() -> None:
    entries = {one.name: one.every for one in scheduled({"triggers": timedelta(seconds=1)})}
    assert (entries["triggers"], entries["telemetry"]) == (timedelta(seconds=1), timedelta(seconds=60))


def test_a_cycle_quicker_than_one_second_is_refused() -> None:
    with pytest.raises(InputError, match="shortest is 1 s"):
        scheduled({"triggers": timedelta(milliseconds=999)})


def test_a_cadence_for_a_cycle_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"unknown cycle 'dreams'; known: .*telemetry, .*triggers"):
        scheduled({"dreams": timedelta(hours=1)})
