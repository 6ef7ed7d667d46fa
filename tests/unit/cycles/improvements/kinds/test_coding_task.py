"""Repairs of errors that come back: when one is proposed, what is ordered, and whether it helped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.cycles import PastMonth
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.coding_task import DEFINITION
from grace_workers.cycles.improvements.measuring import MeasuredEffect, measured_rate
from grace_workers.cycles.improvements.offers import CodingOrder
from tests.unit.cycles.test_weak_spots import DAY, NOW, errors


def proposed(*, handed: bool = False) -> list[Improvement]:
    return [*DEFINITION.find(None, PastMonth(now=NOW, problems=errors(6, handed=handed)))]  # type: ignore[arg-type]


def test_an_error_that_came_back_often_is_given_to_the_coding_agent_with_its_newest_incident() -> None:
    seen = errors(6)
    (one,) = DEFINITION.find(None, PastMonth(now=NOW, problems=[*seen, *errors(4, key="other")]))  # type: ignore[arg-type]
    assert one.key.startswith("coding_task:shop-code.")
    assert one.change == "a patch for ZeroDivisionError at shop.cart:receipt"
    assert (one.before, one.predicted, one.replayed) == (4.97, 0.5, 6)
    assert one.why == (
        "ZeroDivisionError at shop.cart:receipt of shop-code came 6 times in seven days: 3 passed, and 3 were ended, "
        "but the code stayed as it is"
    )
    order = DEFINITION.putting(one)
    assert isinstance(order, CodingOrder)
    assert seen[0].error is not None
    assert (str(order.job), order.code, order.service) == (one.version, "shop-code", "web")
    assert order.incident == seen[0].error.incident
    assert DEFINITION.offer(one) is None


def test_what_the_line_gave_to_the_coding_agent_itself_is_not_asked_for_again() -> None:
    assert proposed(handed=True) == []


def test_the_way_back_is_a_commit_that_people_need_not_agree_to() -> None:
    (one,) = proposed()
    merged = one.model_copy(update={"content": {**one.content, "commit": "a" * 40}})
    plan = DEFINITION.back(merged, "it did not help")
    assert (plan.mode, plan.target) == (None, "shop-code")
    assert [(step.primitive, step.params) for step in plan.steps] == [
        ("revert_commit", {"commit": "a" * 40}),
        ("restart_service", {}),
    ]


@pytest.mark.parametrize(
    ("count", "days", "effect"),
    [
        (0, 0.5, MeasuredEffect.UNKNOWN),
        (0, 1.0, MeasuredEffect.HELPED),
        (6, 1.0, MeasuredEffect.DID_NOT_HELP),
        (2, 1.0, MeasuredEffect.UNKNOWN),
        (60, 14.0, MeasuredEffect.DID_NOT_HELP),
    ],
)
def test_incidents_of_the_error_since_are_compared_with_those_before(
    count: int, days: float, effect: MeasuredEffect
) -> None:
    (one,) = proposed()
    later = NOW + DAY * days
    since = [replace(seen, at=later - timedelta(minutes=number)) for number, seen in enumerate(errors(count))]
    month = PastMonth(now=later, problems=[*errors(6), *since, *errors(9, key="other", at=later)])
    seen = DEFINITION.measure(one.model_copy(update={"in_force_at": NOW}), month)
    assert (seen.effect, seen.seen) == (effect, count)


def test_incidents_are_counted_over_the_time_in_which_all_are_known() -> None:
    (one,) = proposed()
    later = NOW + DAY * 10
    since = [replace(seen, at=later - timedelta(hours=3 * number)) for number, seen in enumerate(errors(6))]
    newest = PastMonth(now=later, problems=since, whole_since=later - DAY * 1.2)
    seen = DEFINITION.measure(one.model_copy(update={"in_force_at": NOW}), newest)
    assert seen.told.startswith("6 incidents came in 1.2 days since, 4.97 a day did before")
    assert seen.effect is MeasuredEffect.DID_NOT_HELP


@pytest.mark.parametrize(("count", "effect"), [(1000, MeasuredEffect.HELPED), (5000, MeasuredEffect.DID_NOT_HELP)])
def test_what_comes_thousands_of_times_is_judged_too(count: int, effect: MeasuredEffect) -> None:
    (one,) = proposed()
    often = one.model_copy(update={"before": 2000.0, "predicted": 900.0, "in_force_at": NOW})
    assert measured_rate(often, count, NOW, NOW + DAY, what="came").effect is effect


@pytest.mark.parametrize(("days", "effect"), [(13, MeasuredEffect.UNKNOWN), (14, MeasuredEffect.HELPED)])
def test_two_weeks_after_a_change_the_nearer_decides_where_nothing_is_sure(days: int, effect: MeasuredEffect) -> None:
    (one,) = proposed()
    rare = one.model_copy(update={"before": 0.2, "predicted": 0.02, "in_force_at": NOW})
    assert measured_rate(rare, 1, NOW, NOW + days * DAY, what="came").effect is effect
