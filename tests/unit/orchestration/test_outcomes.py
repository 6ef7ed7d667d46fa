"""How runs ended, counted by cause and by playbook."""

from dataclasses import replace
from datetime import timedelta, timezone

from grace_workers.learning import Ending
from grace_workers.orchestration.outcomes import days_of_runs, tallied
from grace_workers.testing import FakeClock
from tests.builders import episode, plan

PLAN, CLOCK = plan(), FakeClock()


def test_runs_are_counted_by_how_they_ended_and_the_most_come_first():
    runs = [
        episode(PLAN, CLOCK, Ending.VERIFIED, seconds=seconds, cause="slow") for seconds in (1.0, 2.0, 3.0, 10.0)
    ] + [episode(PLAN, CLOCK, Ending.FAILED, cause="down", restored=True, seconds=99.0)]
    slow, down = tallied(runs, lambda one: one.cause)
    assert (slow.name, slow.verified, slow.mean) == ("slow", 4, timedelta(seconds=4))
    assert (slow.median, slow.p95) == (timedelta(seconds=2), timedelta(seconds=10))
    assert (down.failed, down.restored, down.stuck, down.mean, down.p95) == (1, 1, 0, None, None)


def test_a_run_that_could_not_be_restored_is_counted_apart():
    (found,) = tallied([episode(PLAN, CLOCK, Ending.INEFFECTIVE, restored=False)], lambda one: one.playbook)
    assert (found.ineffective, found.restored, found.stuck) == (1, 0, 1)
    assert tallied([], lambda one: one.playbook) == []


def test_the_days_of_a_playbook_count_what_ended_on_them_in_utc():
    run = episode(PLAN, CLOCK, Ending.VERIFIED)
    before, evening = run.at - timedelta(days=1), run.at.astimezone(timezone(timedelta(hours=14)))
    found = [replace(run, at=evening), replace(run, ending=Ending.FAILED), replace(run, at=before)]
    (first, second) = days_of_runs(found)
    assert (first.at.date(), first.verified) == (before.date(), 1)
    assert (second.at.date(), second.verified, second.missed) == (run.at.date(), 1, 1)
