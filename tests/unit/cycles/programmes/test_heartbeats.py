from datetime import UTC, datetime, timedelta

from grace_workers.cycles.programmes.heartbeats import DEFINITION
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import HeardBeat, Heartbeat

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEAT = HeardBeat(heartbeat=Heartbeat(name="backup", target=TargetName("db"), every=MINUTE, grace=timedelta(0)), at=None)


def test_what_is_missing_is_raised_once_and_remembered() -> None:
    first = DEFINITION.judge([BEAT], None, NOW)
    second = DEFINITION.judge([BEAT], first.memory, NOW + 2 * MINUTE)
    third = DEFINITION.judge([BEAT], second.memory, NOW + 3 * MINUTE)
    assert (first.signals, third.signals) == ([], [])
    assert [one.name for one in second.signals] == ["HeartbeatMissing"]
    assert second.result == {"declared": 1, "missing": 1}
