"""How many healthy targets of a service a plan leaves: a rolling step counts as many as it touches at a time."""

from dataclasses import replace

import pytest

from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Load, StormLimits, too_few_healthy
from grace_workers.playbooks import Step
from tests.builders import plan

SHOPS = [TargetName(f"shop-{number}") for number in range(5)]
MEMBERS = {"service=shop": frozenset(SHOPS)}
THREE_STAY = StormLimits(minimum_healthy="3")


def rolling(at_once: int, awaited=SHOPS):
    steps = tuple(
        Step(index=n, id=f"dose@{name}", primitive="dose", target=name, params={}, group="dose", at_once=at_once)
        for n, name in enumerate(SHOPS)
    )
    expected = tuple(replace(plan().expectations[0], id=f"well@{name}", target=name) for name in awaited)
    return plan(target=SHOPS[0], steps=steps, expectations=expected)


@pytest.mark.parametrize(("at_once", "fits"), [(1, True), (2, True), (3, False), (9, False)])
def test_a_rolling_step_touches_as_many_as_it_takes_at_a_time(at_once: int, fits: bool) -> None:
    assert (too_few_healthy(rolling(at_once), MEMBERS, Load(), THREE_STAY) is None) is fits


def test_a_rolling_step_that_awaits_nothing_of_one_target_touches_all_at_a_time() -> None:
    assert too_few_healthy(rolling(1, awaited=SHOPS[:-1]), MEMBERS, Load(), THREE_STAY) is not None


def test_what_is_down_already_leaves_fewer_to_touch() -> None:
    down = Load(down={SHOPS[4]: False})
    assert too_few_healthy(rolling(1), MEMBERS, down, THREE_STAY) is None
    why = too_few_healthy(rolling(2), MEMBERS, down, THREE_STAY)
    assert why == "2 of 5 targets of service=shop would stay healthy; at least 3 must"


def test_steps_that_name_their_targets_count_together() -> None:
    steps = tuple(
        Step(index=n, id=f"dose_{n}", primitive="dose", target=name, params={}) for n, name in enumerate(SHOPS[:3])
    )
    assert too_few_healthy(plan(target=SHOPS[0], steps=steps), MEMBERS, Load(), THREE_STAY) is not None
