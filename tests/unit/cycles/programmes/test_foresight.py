from datetime import UTC, datetime, timedelta

from grace_workers.cycles.programmes.foresight import DEFINITION
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Reading, SeriesReading

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_resource_that_fills_look_by_look_is_told_with_its_figures():
    memory, told = None, []
    for at in range(15):
        now = NOW + at * timedelta(minutes=5)
        reading = Reading(check="disk_used_ratio", target=TargetName("logs"), value=0.8 + at * 0.005, at=now)
        found = DEFINITION.judge([SeriesReading(reading=reading, labels={}, full=1.0)], memory, now)
        memory = found.memory
        told += found.signals
    assert [one.name for one in told] == ["exhaustion_disk_used_ratio"]
    assert found.result == {"series": 0, "left_out": 0, "resources": 1, "signals": 0}


def test_it_reads_the_series():
    class Readers:
        def series(self):
            return ["seen"]

    assert DEFINITION.read(Readers()) == ["seen"]
