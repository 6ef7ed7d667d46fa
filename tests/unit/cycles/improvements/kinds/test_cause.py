"""Causes for incidents that have none: when one is proposed, the plans of both ways, and whether it helped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from grace_workers.cycles import PastMonth, PastProblem
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kinds.cause import DEFINITION
from grace_workers.cycles.improvements.measuring import MeasuredEffect
from grace_workers.cycles.improvements.offers import OfferedCause
from grace_workers.learning import Ending
from grace_workers.playbooks import Mode, ReadyPlan
from tests.builders import WEB
from tests.unit.cycles.test_weak_spots import DAY, NOW, cluster, episodes


def problems(count: int, cause: str | None = None) -> list[PastProblem]:
    return [
        PastProblem(
            source="alertmanager", name="PoolFull", target=WEB, at=NOW - timedelta(hours=number + 1),
            lasted=timedelta(minutes=5), by_itself=False, cause=cause,
        )
        for number in range(count)
    ]  # fmt: skip


def found(**given: Any) -> Sequence[Improvement]:
    known = given.pop("causes", frozenset())
    month = PastMonth(now=NOW, problems=[*problems(6), *problems(1, "other")], causes=known)
    return DEFINITION.find(None, replace(month, unexplained=[cluster(6, **{"named": 6, **given})]))  # type: ignore[arg-type]


def test_the_file_of_a_cluster_is_proposed_with_what_it_would_have_named() -> None:
    (one,) = found(beside=1)
    assert (one.key, one.before, one.predicted) == ("cause:learned_poolfull", 0.143, 0.9)
    assert (one.replayed, one.avoided, one.lost) == (7, 6, 1)
    assert one.why == (
        "6 incidents without a cause showed almost the same; of those with the same alerts it would have named 6 "
        "without a cause, and come beside the cause of 1"
    )
    assert DEFINITION.offer(one) == OfferedCause(name="learned_poolfull", file="name: learned_poolfull\n")


@pytest.mark.parametrize(
    "given",
    [{"named": 0}, {"beside": 2}, {"causes": frozenset({"learned_poolfull"})}],
    ids=["names nothing", "known otherwise", "its name is taken"],
)
def test_a_file_that_would_not_help_is_left_to_people(given: dict[str, Any]) -> None:
    assert found(**given) == []


def test_a_person_approves_exactly_the_file_and_the_way_back_needs_none() -> None:
    (one,) = found()
    put, back = DEFINITION.putting(one), DEFINITION.back(one, "it did not help")
    assert isinstance(put, ReadyPlan)
    assert (put.name, put.mode, put.target) == ("accept_learned_poolfull", Mode.REVIEW, "grace.fleet")
    assert put.steps[0].params == {"flag": "learned_poolfull", "variant": "v" * 64}
    assert (back.name, back.mode) == ("withdraw_learned_poolfull", None)
    assert back.steps[0].params == {"flag": "learned_poolfull", "variant": "off", "instead_of": "v" * 64}


@pytest.mark.parametrize(
    ("known", "unknown", "in_vain", "days", "effect"),
    [
        (7, 0, 0, 1, MeasuredEffect.UNKNOWN),
        (9, 1, 0, 1, MeasuredEffect.HELPED),
        (2, 9, 0, 1, MeasuredEffect.DID_NOT_HELP),
        (9, 0, 8, 1, MeasuredEffect.DID_NOT_HELP),
        (0, 0, 0, 30, MeasuredEffect.DID_NOT_HELP),
        (2, 0, 0, 30, MeasuredEffect.HELPED),
    ],
)
def test_what_has_a_cause_since_and_is_not_treated_in_vain_counts_for_it(
    known: int, unknown: int, in_vain: int, days: int, effect: MeasuredEffect
) -> None:
    (one,) = found()
    later = NOW + DAY * days
    since = [replace(problem, at=later) for problem in [*problems(known, "learned_poolfull"), *problems(unknown)]]
    runs = episodes(Ending.FAILED, in_vain, cause="learned_poolfull", at=later)
    month = PastMonth(now=later, problems=[*problems(6), *since], episodes=runs)
    seen = DEFINITION.measure(one.model_copy(update={"in_force_at": NOW}), month)
    assert (seen.effect, seen.seen) == (effect, known + unknown)
