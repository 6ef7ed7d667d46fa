from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import MaintenanceWindow, WindowEffect, WindowScope, checked

START = datetime(2026, 3, 22, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONCE = MaintenanceWindow(
    name="copy",
    effect=WindowEffect.MUTE,
    starts_at=START,
    lasts=2 * HOUR,
    ends_at=START + 2 * HOUR,
    reason="the nightly copy",
    by="ann",
    made_at=START,
)
SUNDAYS = replace(ONCE, rule="FREQ=WEEKLY;BYDAY=SU", zone="Europe/Berlin", ends_at=START + timedelta(days=60))


def test_a_window_is_in_force_from_its_start_until_it_ends() -> None:
    assert ONCE.in_force(START - timedelta(seconds=1)) is None
    assert ONCE.in_force(START) == START + 2 * HOUR
    assert ONCE.in_force(START + 2 * HOUR) is None


def test_a_recurring_window_keeps_its_wall_time_when_the_clocks_change() -> None:
    before, after = SUNDAYS.upcoming(START, 2)
    assert before.astimezone(UTC) == START
    assert after.astimezone(UTC) == START + timedelta(days=7) - HOUR
    assert SUNDAYS.in_force(START + timedelta(days=7)) is not None
    assert SUNDAYS.in_force(START + timedelta(days=1)) is None


def test_a_window_that_was_ended_comes_into_force_no_more() -> None:
    ended = replace(SUNDAYS, ends_at=START + HOUR)
    assert ended.in_force(START) == START + HOUR
    assert ended.in_force(START + HOUR) is None


def test_a_scope_covers_what_fits_every_part_of_it() -> None:
    scope = WindowScope(targets=(TargetName("db"),), labels={"team": "shop"}, causes=("disk_full",))
    assert scope.covers(TargetName("db"), {"team": "shop"}, cause="disk_full")
    assert not scope.covers(TargetName("db"), {"team": "shop"}, cause="other")
    assert not scope.covers(TargetName("db"), {}, cause="disk_full")
    assert not scope.covers(TargetName("web"), {"team": "shop"}, cause="disk_full")
    assert WindowScope().covers(TargetName("anything"), {})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "  "}, "needs a reason"),
        ({"scope": WindowScope(causes=("x",))}, "cannot name causes"),
        ({"effect": WindowEffect.FREEZE, "scope": WindowScope(alerts=("x",))}, "cannot name alerts"),
        ({"lasts": timedelta(days=40)}, "lasts up to 31 days"),
        ({"ends_at": START - HOUR}, "would be over"),
        ({"rule": "FREQ=DAILY", "ends_at": START + timedelta(days=400)}, "recurs for up to 366 days"),
        ({"rule": "FREQ=SECONDLY"}, "not a rule that can be used"),
        ({"rule": "FREQ=DAILY;BYDAY=QQ"}, "not a rule of RFC 5545"),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "gives no occurrence"),
    ],
)
def test_a_window_that_cannot_be_made_says_why(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        checked(replace(ONCE, **changes), START)  # type: ignore[arg-type]
