"""Telling a condition later: when it is proposed, what it predicts, and whether it helped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles import FleetChange, PastMonth, PastProblem
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.threshold import DEFINITION
from grace_workers.cycles.improvements.measuring import MeasuredChange, MeasuredEffect
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import Mode
from grace_workers.signals import KEPT_UNTOLD, Trigger, triggers

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TRIGGERS = discover(triggers, Trigger, label="trigger")


class Record:
    """Readers of the triggers, and of what is in force."""

    triggers = TRIGGERS

    def __init__(self, *known: FleetChange) -> None:
        self._known = known

    def changes(self, kind: str) -> Sequence[FleetChange]:
        return [one for one in self._known if one.kind == kind]


def problems(
    count: int, seconds: int, *, by_itself: bool = True, before: timedelta = DAY, name: str = "queue_backlog"
) -> list[PastProblem]:
    """Return as many, evenly over the span before now."""
    return [
        PastProblem(
            source="probe", name=name, target=TargetName("web"), at=NOW - before * (number + 1) / (count + 1),
            lasted=timedelta(seconds=seconds), by_itself=by_itself,
        )
        for number in range(count)
    ]  # fmt: skip


def found(*seen: PastProblem, known: Sequence[FleetChange] = ()) -> Sequence[Improvement]:
    return DEFINITION.find(Record(*known), PastMonth(now=NOW, problems=seen))  # type: ignore[arg-type]


def measured(wanted: Improvement, told: int, untold: int, days: float) -> MeasuredChange:
    """Return what is seen when so many conditions came and went since, told or not."""
    later = NOW + DAY * days
    span = DAY * days
    since = [replace(one, at=NOW + span * (at + 1) / (told + 1)) for at, one in enumerate(problems(told, 40))]
    times = [NOW - DAY, *(NOW + DAY * days * (at + 1) / (untold + 1) for at in range(untold))]
    month = PastMonth(
        now=later, problems=[*problems(9, 40), *since], untold={("queue_backlog", TargetName("web")): times}
    )
    return DEFINITION.measure(wanted.model_copy(update={"in_force_at": NOW}), month)


def test_the_shortest_hold_that_avoids_most_of_what_comes_and_goes_is_proposed() -> None:
    (one,) = found(*problems(9, 90), *problems(1, 5000), *problems(2, 4000, by_itself=False))
    assert (one.key, one.change) == ("threshold:queue_backlog.web", "told after 2 min")
    assert (one.replayed, one.avoided, one.lost) == (12, 9, 2)
    assert (one.before, one.predicted) == (0.0, 0.9)
    assert one.why == (
        "queue_backlog on web came and went by itself 10 times in 30 days; told after 2 min, 9 of those would not have "
        "been told, and 2 that did not end by themselves would have been told that much later"
    )


def test_the_plan_names_exactly_what_a_person_approves_and_another_ends_it_without_one() -> None:
    (one,) = found(*problems(9, 40))
    change, plan, back = DEFINITION.offer(one), DEFINITION.putting(one), DEFINITION.back(one, "it did not help")
    assert isinstance(change, FleetChange)
    assert (change.key, change.version) == (one.key, one.version)
    limit = f"threshold:queue_backlog.web:{one.version}"
    assert (plan.mode, plan.target) == (Mode.REVIEW, "grace.fleet")
    assert plan.steps[0].params == {"limit": limit, "value": 1, "instead_of": 0}
    assert (back.mode, back.steps[0].params) == (None, {"limit": limit, "value": 0, "instead_of": 1})


@pytest.mark.parametrize(
    "seen",
    [
        problems(5, 40),
        problems(9, 40, before=9 * DAY),
        problems(9, 3000),
        [*problems(9, 40), *problems(9, 900, by_itself=False)],
        problems(9, 40, name="of_an_alert"),
    ],
    ids=["seldom", "long ago", "longer than any hold", "as often real", "no trigger of ours"],
)
def test_what_does_not_come_and_go_or_would_not_be_avoided_is_left_alone(seen: list[PastProblem]) -> None:
    assert found(*seen) == []


def test_what_is_held_already_is_not_proposed_again() -> None:
    (one,) = found(*problems(9, 40))
    change = DEFINITION.offer(one)
    assert isinstance(change, FleetChange)
    assert found(*problems(9, 40), known=[change]) == []


@pytest.mark.parametrize(
    ("told", "untold", "days", "effect"),
    [
        (0, 0, 0.5, MeasuredEffect.UNKNOWN),
        (0, 7, 1.0, MeasuredEffect.UNKNOWN),
        (1, 12, 1.0, MeasuredEffect.HELPED),
        (9, 0, 1.0, MeasuredEffect.DID_NOT_HELP),
        (8, 8, 2.0, MeasuredEffect.DID_NOT_HELP),
    ],
)
def test_conditions_that_were_not_told_since_are_compared_with_what_was_predicted(
    told: int, untold: int, days: float, effect: MeasuredEffect
) -> None:
    (one,) = found(*problems(9, 40))
    seen = measured(one, told, untold, days)
    assert (seen.effect, seen.seen) == (effect, told + untold)
    assert seen.told.startswith(f"{untold} of {told + untold} conditions that came and went were not told since")


def test_a_condition_that_stopped_by_itself_is_no_success_of_the_hold() -> None:
    (one,) = found(*problems(9, 40))
    assert measured(one, 0, 0, 29).effect is MeasuredEffect.UNKNOWN
    assert measured(one, 0, 3, 30).effect is MeasuredEffect.DID_NOT_HELP


def test_told_and_untold_conditions_are_counted_over_the_time_in_which_both_are_known() -> None:
    (one,) = found(*problems(9, 40))
    in_force, target = one.model_copy(update={"in_force_at": NOW}), ("queue_backlog", TargetName("web"))
    hourly = [NOW + timedelta(hours=hour) for hour in range(1, KEPT_UNTOLD + 1)]
    later = NOW + 10 * DAY
    told = [replace(problems(1, 40)[0], at=NOW + DAY * day) for day in (1, 2, 3, 4, 5, 9)]
    newest = PastMonth(now=later, problems=told[-1:], whole_since=NOW + 8.5 * DAY, untold={target: hourly[:-1]})
    assert DEFINITION.measure(in_force, newest).told.startswith("0 of 1 conditions")
    many = PastMonth(now=NOW + 13 * DAY, problems=told, untold={target: [at + 4 * DAY for at in hourly]})
    assert DEFINITION.measure(in_force, many).told.startswith("200 of 202 conditions")
