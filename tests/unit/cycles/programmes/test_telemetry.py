from datetime import UTC, datetime, timedelta

from grace_workers.cycles.programmes.telemetry import DEFINITION

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_telemetry_is_read_every_minute() -> None:
    assert (DEFINITION.cadence, DEFINITION.pool) == (timedelta(seconds=60), "orchestration")


def test_the_figures_are_kept_with_their_time_and_raise_nothing() -> None:
    found = DEFINITION.judge({"incidents": {"open": 1}}, None, NOW)
    assert found.memory == found.result == {"at": NOW.isoformat(), "incidents": {"open": 1}}
    assert found.signals == ()
