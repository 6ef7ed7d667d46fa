from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.cycles import Lever, LeverSetting, Schedule, declared_levers
from grace_workers.cycles.experiments import Arm, arm_of
from grace_workers.settings import Settings

NOW = datetime(2026, 6, 30, tzinfo=UTC)
BLOCK = timedelta(minutes=30)
TIMES = Schedule(seed=3, began=NOW, block=BLOCK, until=NOW + 10 * BLOCK)


def test_a_lever_that_was_never_set_has_the_value_of_the_settings() -> None:
    assert (LeverSetting(name="a").at(NOW, 5), LeverSetting(name="a", value=7).at(NOW, 5)) == (5, 7)


def test_a_value_on_trial_holds_in_its_blocks_and_not_outside_of_the_schedule() -> None:
    setting = LeverSetting(name="a", value=7, trial=9, schedule=TIMES)
    found = [setting.at(NOW + BLOCK * (at + 0.5), 5) for at in range(10)]
    assert found == [9 if arm_of(3, at) is Arm.OTHER else 7 for at in range(10)]
    assert found.count(9) == 5
    assert (setting.at(NOW - BLOCK, 5), setting.at(TIMES.until, 5)) == (7, 7)
    assert LeverSetting(name="a", trial=9).at(NOW, 5) == 5


TO_TRY = {
    "coding_slots": (5, [8, 3]),
    "express_slots": (1, [2, 0]),
    "first_retry": (500, [750, 333]),
    "healing_slots": (5, [8, 3]),
    "look_every": (50, [75, 33]),
    "relay_batch": (500, [750, 333]),
    "seal_every": (50, [75, 33]),
}


@pytest.mark.parametrize("name", declared_levers().names)
def test_every_lever_has_a_value_in_the_settings_within_its_bounds_and_values_to_try(name: str) -> None:
    lever, usual = declared_levers()[name], Settings().levers[name]
    assert lever.lowest <= usual <= lever.highest
    assert (usual, list(lever.around(usual))) == TO_TRY[name]


def test_values_to_try_stay_within_the_bounds_and_differ() -> None:
    lever = Lever(name="a", summary="", unit="", lowest=1, highest=4)
    assert [list(lever.around(one)) for one in (1, 2, 4)] == [[2], [3, 1], [3]]
