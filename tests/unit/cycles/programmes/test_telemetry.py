from datetime import timedelta

from grace_workers.cycles.programmes.telemetry import DEFINITION


def test_telemetry_is_read_every_minute() -> None:
    assert (DEFINITION.cadence, DEFINITION.pool) == (timedelta(seconds=60), "orchestration")
