from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from grace_workers.cycles.lever import Lever
from grace_workers.cycles.tuning import BlockFigures, Tried
from grace_workers.cycles.tuning.candidate import NextValue, next_candidate

NOW = datetime(2026, 6, 30, tzinfo=UTC)
SLOTS = Lever(name="slots", summary="", unit="", lowest=1, highest=20, pool="healing")
RHYTHM = Lever(name="rhythm", summary="", unit="ms", lowest=10, highest=100)
PRESENT = {"slots": 2, "rhythm": 50}
HOUR = timedelta(hours=1)


def chosen(
    *tried: Tried, jobs: int = 0, present: Mapping[str, int] = PRESENT, levers: Sequence[Lever] = (SLOTS, RHYTHM)
) -> NextValue | None:
    work = BlockFigures(jobs=jobs, seconds=1.0, service=timedelta(seconds=1))
    return next_candidate(levers, present, {"healing": (work, HOUR)}, tried, NOW)


def told(found: NextValue | None) -> tuple[str, int, int] | None:
    return found and (found.lever.name, found.present, found.value)


def tried(lever: str, present: int, other: int, days: float = 1, *, promoted: bool = False) -> Tried:
    return Tried(lever=lever, present=present, other=other, at=NOW - timedelta(days=days), end="", promoted=promoted)


def test_the_queue_model_gives_the_first_value() -> None:
    found = chosen(jobs=6 * 3600)
    assert told(found) == ("slots", 2, 11)
    assert found is not None
    assert found.why.startswith("by the queue model 2 slots cannot do all that arrives, and 11 slots")


def test_then_the_neighbours_of_every_lever_take_turns_slots_last_and_none_is_tried_twice() -> None:
    done: list[Tried] = []
    pace, present = replace(RHYTHM, name="pace"), {**PRESENT, "pace": 50}
    while (found := chosen(*done, levers=(SLOTS, pace, RHYTHM), present=present)) is not None:
        done.append(tried(found.lever.name, found.present, found.value, days=1 - len(done) / 10))
    assert [(one.lever, one.other) for one in done] == [
        ("pace", 75),
        ("rhythm", 75),
        ("pace", 33),
        ("rhythm", 33),
        ("slots", 3),
        ("slots", 1),
    ]


def test_after_a_month_a_value_may_be_tried_again() -> None:
    assert told(chosen(tried("rhythm", 50, 75, days=31), levers=(RHYTHM,))) == ("rhythm", 50, 75)
    assert told(chosen(tried("rhythm", 50, 75, days=29), levers=(RHYTHM,))) == ("rhythm", 50, 33)


def test_a_promoted_value_is_looked_at_again_after_a_week_once() -> None:
    promoted = tried("rhythm", 75, 50, days=8, promoted=True)
    assert told(chosen(promoted)) == ("rhythm", 50, 75)
    assert told(chosen(tried("rhythm", 75, 50, days=6, promoted=True))) != ("rhythm", 50, 75)
    assert told(chosen(promoted, tried("rhythm", 50, 75, days=0.5))) != ("rhythm", 50, 75)
    assert told(chosen(promoted, present={**PRESENT, "rhythm": 60})) != ("rhythm", 60, 75)


def test_a_search_goes_on_in_the_direction_that_helped() -> None:
    assert told(chosen(tried("rhythm", 75, 50, days=2, promoted=True), levers=(RHYTHM,))) == ("rhythm", 50, 22)


def test_a_lever_that_just_helped_goes_on_in_larger_steps_until_a_step_does_not_help() -> None:
    wide = Lever(name="rhythm", summary="", unit="ms", lowest=10, highest=500)
    present, done, found = 500, list[Tried](), list[tuple[int, bool]]()
    while (asked := chosen(*done, present={"slots": 2, "rhythm": present}, levers=(SLOTS, wide))) is not None:
        if asked.lever.name == "slots":
            done.append(tried("slots", asked.present, asked.value, days=1 - len(done) / 100))
            continue
        helps = abs(asked.value - 30) < abs(present - 30)
        found.append((asked.value, helps))
        done.append(tried("rhythm", present, asked.value, days=1 - len(done) / 100, promoted=helps))
        present = asked.value if helps else present
    steps = [(333, True), (148, True), (44, True), (10, False), (29, True), (13, False), (19, False)]
    assert (found, len(done)) == (steps, 9)


LOOK = Lever(name="look", summary="", unit="ms", lowest=10, highest=500, delay=0.0005)


def modelled(*tried: Tried, look: int, slots: int = 2, seconds: float = 0.3) -> tuple[str, int, int] | None:
    work = BlockFigures(jobs=25 * 3600, seconds=seconds, service=timedelta(seconds=0.04))
    levers, present = (SLOTS, LOOK), {"slots": slots, "look": look}
    return told(next_candidate(levers, present, {"healing": (work, HOUR)}, tried, NOW))


def test_what_the_models_expect_most_of_is_tried_first() -> None:
    assert modelled(look=500) == ("look", 500, 10)
    assert modelled(look=10, seconds=0.06) == ("slots", 2, 4)
    assert modelled(look=500, slots=1) == ("slots", 1, 4)


def test_what_did_not_help_is_tried_again_once_another_lever_has_a_better_value() -> None:
    slots = tried("slots", 2, 4, days=3)
    assert modelled(slots, tried("look", 500, 10, days=2), look=500) == ("look", 500, 333)
    assert modelled(slots, tried("look", 500, 10, days=2, promoted=True), look=10, seconds=0.06) == ("slots", 2, 4)
    again = tried("slots", 2, 4, days=1)
    assert modelled(slots, tried("look", 500, 10, days=2, promoted=True), again, look=10, seconds=0.06) != (
        "slots",
        2,
        4,
    )
