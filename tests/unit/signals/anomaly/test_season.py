from datetime import UTC, datetime, timedelta

from grace_workers.signals.anomaly.season import Season

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 9, tzinfo=UTC)


def taught(moment, value, times=8):
    season = Season()
    for _ in range(times):
        season.learn(moment, value)
    return season


def test_until_an_hour_was_seen_eight_times_the_given_is_expected():
    assert taught(MONDAY, 5.0, times=7).expected(MONDAY, 1.0) == 1.0
    assert taught(MONDAY, 5.0).expected(MONDAY, 1.0) == 5.0


def test_working_days_and_weekends_and_hours_are_apart():
    season = taught(MONDAY, 5.0)

    assert season.expected(MONDAY + timedelta(days=1), 1.0) == 5.0
    assert season.expected(SATURDAY, 1.0) == 1.0
    assert season.expected(MONDAY + timedelta(hours=1), 1.0) == 1.0


def test_it_follows_a_slow_change():
    season = taught(MONDAY, 5.0, times=200)
    for _ in range(400):
        season.learn(MONDAY, 9.0)

    assert season.expected(MONDAY, 1.0) > 8.5
