"""An improvement's way: from what a replay recommends to a plan, what was measured, and back."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles.improvements.improvement import ChangedCases, Improvement, ImprovementMemory, ImprovementState
from grace_workers.cycles.improvements.kinds.playbook import candidates, worth
from grace_workers.cycles.improvements.look import ImprovementLook, Improving
from grace_workers.cycles.improvements.plans import plan_name
from grace_workers.cycles.improvements.standing import InForce
from grace_workers.cycles.improvements.step import MOST_OPEN, improved
from grace_workers.cycles.weak_spot import PastMonth
from grace_workers.foundation.ids import IncidentId, PlanId, uuid7
from grace_workers.learning import Ending, Episode, Precedent
from grace_workers.playbooks import AdjustedFigure, Adjustment, Mode
from tests.builders import WEB
from tests.patients import library

NOW = datetime(2026, 6, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LIBRARY = library()
BASE = LIBRARY["cure"].digest
GOOD, BAD = Ending.VERIFIED, Ending.FAILED
SURE = Adjustment(playbook="cure", figure=AdjustedFigure.MIN_CONFIDENCE, base=BASE, value=70, at=NOW)
ASKING = replace(SURE, figure=AdjustedFigure.MODE, value=1)


def episodes(good: int, bad: int, at: datetime = NOW - DAY) -> Sequence[Episode]:
    return [
        Episode(
            incident=IncidentId(uuid7()), playbook="cure", playbook_digest=BASE, signature="ill~1", cause="illness",
            target=WEB, ending=ending, restored=None, seconds=1.0, at=at,
        )
        for ending in [GOOD] * good + [BAD] * bad
    ]  # fmt: skip


def precedents(confidence: float, good: int, bad: int) -> Sequence[Precedent]:
    return [
        Precedent(
            plan=PlanId(uuid7()), incident=IncidentId(uuid7()), at=NOW - DAY, signature="ill~1", cause="illness",
            target=WEB, complaining=None, playbook="cure", engine="rules", measured=False, confidence=confidence,
            ending=ending,
        )
        for ending in [GOOD] * good + [BAD] * bad
    ]  # fmt: skip


MONTH = PastMonth(now=NOW, episodes=episodes(10, 8), precedents=[*precedents(0.9, 10, 1), *precedents(0.5, 0, 7)])
AFTER = ChangedCases(replayed=18, avoided=7, lost=0)


def look(
    month: PastMonth = MONTH,
    *,
    now: Adjustment | None = None,
    base: str = BASE,
    replays: Sequence[tuple[Adjustment, ChangedCases]] = (),
) -> ImprovementLook:
    in_force = {} if now is None or not now.value else {f"{now.figure}={now.value}": now.at}
    wanted = [one for adjustment, cases in replays if (one := worth(month, adjustment, cases)) is not None]
    return ImprovementLook(
        month=month, standing={"playbook:cure": InForce(in_force=in_force, base=base)}, wanted=wanted[:1]
    )


def proposed() -> Improving:
    return improved(look(replays=[(SURE, AFTER), (ASKING, AFTER)]), ImprovementMemory(), NOW)


def in_force() -> Improving:
    return improved(look(now=SURE), proposed().memory, NOW)


def measured(good: int, bad: int, *, days: int = 5) -> tuple[Improving, Improvement]:
    """Return what follows when so many runs ended in one way or the other since it is in force."""
    then = NOW + DAY * days
    month = replace(MONTH, now=then, episodes=[*MONTH.episodes, *episodes(good, bad, at=then - timedelta(hours=1))])
    found = improved(look(month, now=SURE), in_force().memory, then)
    return found, (*found.memory.open, *found.memory.past)[0]


def test_the_mildest_adjustment_that_the_record_speaks_for_is_a_candidate() -> None:
    assert list(candidates(MONTH, LIBRARY, ())) == [replace(SURE, value=55), ASKING]
    mixed = replace(MONTH, precedents=precedents(0.9, 10, 8))
    assert list(candidates(mixed, LIBRARY, ())) == [ASKING]


def test_a_playbook_that_helps_or_was_adjusted_has_no_candidate() -> None:
    assert list(candidates(MONTH, LIBRARY, {"cure"})) == []
    assert list(candidates(replace(MONTH, episodes=episodes(18, 0)), LIBRARY, ())) == []


def test_what_the_replay_recommends_is_a_plan_that_a_person_approves() -> None:
    found = proposed()
    (one,) = found.memory.open
    (plan,) = found.plans
    assert found.moved == [one]
    assert (one.state, one.before, one.predicted) == (ImprovementState.PROPOSED, 0.556, 0.909)
    assert (plan.name, plan.mode, plan.target) == ("adjust_cure", Mode.REVIEW, "grace.fleet")
    assert plan.steps[0].params == {"limit": "cure.min_confidence", "value": 70, "instead_of": 0}
    assert "7 that it did not heal and 0 that it healed would not have been acted on by it" in plan.reason


@pytest.mark.parametrize(
    "cases",
    [
        ChangedCases(replayed=18),
        ChangedCases(replayed=18, avoided=1, lost=5),
        ChangedCases(replayed=18, avoided=2, lost=0),
    ],
)
def test_what_the_replay_does_not_speak_for_is_not_proposed(cases: ChangedCases) -> None:
    found = improved(look(replays=[(SURE, cases)]), ImprovementMemory(), NOW)
    assert (found.plans, found.memory.open) == ([], ())


def test_a_second_look_proposes_nothing_twice() -> None:
    again = improved(look(replays=[(SURE, AFTER)]), proposed().memory, NOW + timedelta(hours=1))
    assert (again.plans, again.moved, len(again.memory.open)) == ([], [], 1)


def test_a_plan_that_no_one_carries_out_is_withdrawn() -> None:
    found = improved(look(), proposed().memory, NOW + 7 * DAY)
    assert [one.plan for one in found.withdrawn] == ["adjust_cure"]
    assert [one.state for one in found.memory.past] == [ImprovementState.LEFT]
    assert improved(look(replays=[(SURE, AFTER)]), found.memory, NOW + 8 * DAY).plans == []
    assert improved(look(replays=[(SURE, AFTER)]), found.memory, NOW + 38 * DAY).plans


def test_a_plan_that_is_carried_out_after_the_file_was_changed_has_no_effect() -> None:
    found = improved(look(now=SURE, base="f" * 64), proposed().memory, NOW)
    assert [one.state for one in found.memory.past] == [ImprovementState.LEFT]


def test_a_changed_file_ends_what_was_proposed_for_it() -> None:
    found = improved(look(base="f" * 64), proposed().memory, NOW)
    assert [one.told for one in found.memory.past] == ["the file of cure was changed before it was in force"]
    assert [one.plan for one in found.withdrawn] == ["adjust_cure"]
    found = improved(look(now=SURE, base="f" * 64), in_force().memory, NOW)
    assert [one.steps[0].params for one in found.plans] == [
        {"limit": "cure.min_confidence", "value": 0, "instead_of": 70}
    ]


def test_what_helps_as_predicted_is_kept() -> None:
    found, one = measured(12, 1)
    assert (one.state, one.since, one.seen) == (ImprovementState.KEPT, 0.923, 13)
    assert one.told == "it helped: 12 of 13 runs helped since, 56% did before, and 91% was predicted"
    assert found.plans == []


@pytest.mark.parametrize(("good", "bad", "days"), [(5, 5, 5), (0, 0, 30), (6, 1, 30)])
def test_what_does_not_help_is_taken_back_by_a_plan_without_a_person(good: int, bad: int, days: int) -> None:
    found, one = measured(good, bad, days=days)
    (plan,) = found.plans
    assert one.state is ImprovementState.LEAVING
    assert one.told.startswith("it did not help")
    assert (plan.name, plan.mode) == ("take_back_cure", None)
    off = improved(look(now=replace(SURE, value=0)), found.memory, NOW + DAY * days)
    assert [one.state for one in off.memory.past] == [ImprovementState.TAKEN_BACK]
    assert off.memory.past[0].told == one.told


def test_a_plan_that_takes_back_is_submitted_again_only_after_a_day() -> None:
    found, _ = measured(5, 5)
    then = NOW + 5 * DAY
    assert improved(look(now=SURE), found.memory, then + timedelta(hours=1)).plans == []
    assert len(improved(look(now=SURE), found.memory, then + DAY).plans) == 1


def test_few_runs_decide_nothing_yet_and_are_counted() -> None:
    found, one = measured(3, 1)
    assert (one.state, one.seen, found.moved, found.plans) == (ImprovementState.IN_FORCE, 4, [], [])


def test_what_other_people_set_is_left_to_them() -> None:
    found = improved(look(now=replace(SURE, value=0)), in_force().memory, NOW + DAY)
    assert [one.told for one in found.memory.past] == ["a plan of other people ended it"]
    assert found.plans == []


def test_the_memory_of_an_earlier_release_is_nothing_and_a_memory_survives_storing() -> None:
    assert ImprovementMemory.of({"at": "2026-06-30"}) == ImprovementMemory() == ImprovementMemory.of(None)
    kept = in_force().memory
    assert ImprovementMemory.of(kept.model_dump(mode="json")) == kept


def test_a_playbook_that_an_earlier_release_proposed_goes_on() -> None:
    (one,) = in_force().memory.open
    told = one.model_dump(mode="json", exclude={"kind", "subject", "change", "content", "version", "seen"})
    earlier = {**told, "playbook": "cure", "figure": "min_confidence", "value": 70, "runs": 18, "runs_since": 0}
    assert ImprovementMemory.of({"open": [earlier], "past": []}).open == (one,)


def test_plans_about_different_subjects_have_different_names_however_long_or_odd_these_are() -> None:
    long = "the_name_of_a_target_of_which_no_other_is_as_long_as_this_one"
    words = ["watch_a.b_c", "watch_a_b.c", "watch_a_b_c", f"learn_name_{long}.0011", f"learn_name_{long}.0012"]
    names = {plan_name(one) for one in words}
    assert len(names) == len(words)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,63}", one) for one in names)
    assert plan_name("adjust_cure") == "adjust_cure"


def test_what_is_kept_or_of_another_kind_keeps_no_proposal_waiting() -> None:
    (one,) = proposed().memory.open
    kept = one.model_copy(update={"state": ImprovementState.KEPT, "in_force_at": NOW})
    many = [kept.model_copy(update={"subject": f"kept{at}"}) for at in range(60)]
    waiting = [
        one.model_copy(update={"kind": "alias", "subject": f"a{at}", "content": {"label": "job", "value": "x"}})
        for at in range(30)
    ]
    standing = {f"playbook:kept{at}": InForce(in_force={one.version: NOW}, base=BASE) for at in range(60)}
    wanted = ImprovementLook(month=MONTH, standing=standing, wanted=[*waiting, one])
    found = improved(wanted, ImprovementMemory(open=tuple(many)), NOW)
    assert Counter(one.kind for one in found.moved) == {"alias": MOST_OPEN, "playbook": 1}
    assert len(found.memory.open) == 60 + MOST_OPEN + 1
