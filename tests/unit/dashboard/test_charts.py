"""The geometry of the small charts."""

from datetime import UTC, datetime, timedelta

from grace_workers.entrypoints.dashboard.charts import HOURS, bars, before_and_after, day, runs

NOW = datetime(2026, 11, 29, 12, 34, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


def count(hour, closing, number):
    return {"hour": hour.isoformat(), "closing": closing, "count": number}


def test_a_day_without_incidents_has_a_column_for_each_hour_and_no_bar():
    columns = day([], NOW)
    assert len(columns) == HOURS
    assert {len(one.bars) for one in columns} == {0}
    assert columns[-1].label == "12:00 UTC: no incident"


def test_the_tallest_hour_fills_the_chart_and_bars_stand_on_each_other():
    columns = day(
        [count(HOUR, "healed", 6), count(HOUR, "escalated", 2), count(HOUR - timedelta(hours=1), None, 4)], NOW
    )
    good, bad = columns[-1].bars
    assert (good.tone, bad.tone) == ("good", "bad")
    assert (bad.y, bad.y + bad.height) == (0.0, good.y)
    assert [one.height for one in columns[-2].bars] == [28.0]
    assert columns[-1].label == "12:00 UTC: 6 healed, 2 escalated"
    assert columns[-1].total == 8


def test_one_among_thousands_is_still_seen_and_an_hour_outside_the_day_is_left_out():
    columns = day(
        [count(HOUR, "healed", 5000), count(HOUR, "refused", 1), count(HOUR - timedelta(days=2), None, 9)], NOW
    )
    assert min(one.height for one in columns[-1].bars) == 2.0
    assert min(one.y for one in columns[-1].bars) >= 0
    assert sum(one.total for one in columns) == 5001


def test_bars_stay_inside_their_track():
    assert [bars(one)["width"] for one in (-1.0, 0.256, 7.0)] == [0.0, 25.6, 100.0]
    assert before_and_after(600.0, 0.0, 100.0) == {"before": 100.0, "after": 0.0, "bound": 16.7}
    assert before_and_after(None, None, 0.0) == {"bound": 0.0}


def run(minute, state, seconds):
    begin = HOUR + timedelta(minutes=minute)
    ended = None if seconds is None else (begin + timedelta(seconds=seconds)).isoformat()
    return {"submitted_at": begin.isoformat(), "started_at": begin.isoformat(), "ended_at": ended, "state": state}


def test_runs_are_drawn_oldest_first_and_as_tall_as_they_took():
    columns = runs([run(2, "running", None), run(1, "failed", 4), run(0, "succeeded", 2)])
    assert [one.bars[0].tone for one in columns] == ["good", "bad", "busy"]
    assert [one.bars[0].height for one in columns] == [28.0, 56.0, 2.0]
    assert columns[1].label == "2026-11-29 12:01 UTC: failed, 4.0 s"
    assert runs([]) == []
