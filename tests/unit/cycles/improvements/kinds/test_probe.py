"""Readings that nothing watches: when one is proposed, what it predicts, and whether it helped."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles import FleetChange, PastMonth, PastProblem, TellingReading
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.probe import DEFINITION
from grace_workers.cycles.improvements.measuring import MeasuredEffect
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Mode
from grace_workers.signals import Reading, Trigger, triggers

NOW = datetime(2026, 6, 30, tzinfo=UTC)
WEB = TargetName("web")
TRIGGERS = discover(triggers, Trigger, label="trigger")


class Record:
    """Readers of the triggers, of what is in force, and of the present reading."""

    triggers = TRIGGERS

    def __init__(self, value: float | None = 100.0, known: Sequence[FleetChange] = ()) -> None:
        self._value = value
        self._known = known

    def changes(self, kind: str) -> Sequence[FleetChange]:
        return [one for one in self._known if one.kind == kind]

    def readings(self, checks: Collection[str], targets: Collection[TargetName] | None = None) -> Sequence[Reading]:
        return [
            Reading(check=check, target=one, value=self._value, at=NOW) for check in checks for one in targets or ()
        ]


def problems(
    count: int, value: float = 900.0, *, source: str = "alertmanager", name: str = "SlowShop",
    cause: str | None = "memory_leak", check: str = "process_memory_mib",
) -> list[PastProblem]:  # fmt: skip
    shown = TellingReading(check=check, bound=800.0, at_least=True, value=value)
    return [
        PastProblem(
            source=source, name=name, target=WEB, at=NOW + timedelta(hours=1), lasted=timedelta(minutes=9),
            by_itself=False, cause=cause, shown=[shown],
        )
        for _ in range(count)
    ]  # fmt: skip


def found(*seen: PastProblem, record: Record | None = None) -> Sequence[Improvement]:
    return DEFINITION.find(record or Record(), PastMonth(now=NOW, problems=seen))  # type: ignore[arg-type]


def test_a_reading_that_shows_most_of_what_others_told_is_proposed_at_the_bound_of_the_cause() -> None:
    (one,) = found(*problems(9), *problems(1, 300.0))
    assert (one.key, one.change) == ("probe:process_memory_mib.web", "process_memory_mib >= 800 raises a signal")
    assert (one.replayed, one.avoided, one.before, one.predicted) == (10, 9, 0.0, 0.72)
    assert one.why.startswith("memory_leak on web was told from outside 10 times in 30 days, and by no trigger of ours")
    change = DEFINITION.offer(one)
    assert isinstance(change, FleetChange)
    put, back = DEFINITION.putting(one), DEFINITION.back(one, "it did not help")
    assert (put.mode, put.steps[0].params) == (Mode.REVIEW, {"limit": change.limit, "value": 1, "instead_of": 0})
    assert (back.mode, back.steps[0].params) == (None, {"limit": change.limit, "value": 0, "instead_of": 1})
    assert found(*problems(9), record=Record(known=[change])) == []


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        (problems(4), 100.0),
        ([*problems(5), *problems(5, 300.0)], 100.0),
        ([*problems(9), *problems(1, source="probe", name="heartbeat_stall")], 100.0),
        (problems(9, check="http_status"), 100.0),
        (problems(9, cause=None), 100.0),
        (problems(9), 900.0),
        (problems(9), None),
    ],
    ids=["seldom", "not shown", "a trigger told", "watched", "no cause", "would tell now", "cannot be read"],
)
def test_what_is_seldom_or_not_shown_or_told_already_is_left_alone(
    seen: list[PastProblem], value: float | None
) -> None:
    assert found(*seen, record=Record(value)) == []


@pytest.mark.parametrize(
    ("right", "false", "missed", "effect"),
    [
        (0, 0, 0, MeasuredEffect.UNKNOWN),
        (8, 0, 0, MeasuredEffect.HELPED),
        (2, 9, 0, MeasuredEffect.DID_NOT_HELP),
        (1, 0, 9, MeasuredEffect.DID_NOT_HELP),
    ],
)
def test_it_helps_if_it_tells_the_problem_and_does_not_if_others_do_or_it_is_wrong(
    right: int, false: int, missed: int, effect: MeasuredEffect
) -> None:
    (one,) = found(*problems(9))
    own = {"source": "probe", "name": "watched_process_memory_mib"}
    since = [
        *problems(right, **own),
        *problems(false, cause=None, **own),
        *problems(missed),
        *problems(3, cause="else"),
    ]
    month = PastMonth(now=NOW + timedelta(days=1), problems=since)
    measured = DEFINITION.measure(one.model_copy(update={"in_force_at": NOW}), month)
    assert (measured.effect, measured.seen) == (effect, right + false + missed)
