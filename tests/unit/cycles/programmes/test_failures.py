from datetime import UTC, datetime, timedelta

from grace_workers.cycles import CycleRun
from grace_workers.cycles.programmes.failures import DEFINITION, CycleLook
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import SignalStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE, THERE = TargetName("grace.here.scheduler"), TargetName("grace.there.scheduler")


def seen(error: str | None, scheduler: TargetName = HERE) -> CycleLook:
    return CycleLook(runs=[CycleRun(cycle="goals", ended_at=NOW, error=error)], scheduler=scheduler)


def test_a_failing_cycle_is_raised_and_ended_under_the_same_target_by_whichever_node_looks() -> None:
    failing = DEFINITION.judge(seen("no such table (attempt 5 of 5)"), None, NOW)
    again = DEFINITION.judge(seen("no such table (attempt 5 of 5)", THERE), failing.memory, NOW + timedelta(hours=1))
    well = DEFINITION.judge(seen(None, THERE), again.memory, NOW + timedelta(hours=2))
    raised, ended = failing.signals[0], well.signals[0]
    assert raised.summary == "cycle goals failed for good: no such table (attempt 5 of 5)"
    assert [(one.target, one.signature) for one in (raised, ended)] == [(HERE, raised.signature)] * 2
    assert (raised.status, ended.status) == (SignalStatus.FIRING, SignalStatus.RESOLVED)
    # One run that failed is one delivery, however often it is seen.
    assert again.signals[0].delivery_key == raised.delivery_key
    assert (again.result, well.memory) == ({"cycles": 1, "failing": 1}, {})


def test_cycles_that_work_raise_nothing() -> None:
    found = DEFINITION.judge(seen(None), None, NOW)
    assert (found.signals, found.memory) == ([], {})
