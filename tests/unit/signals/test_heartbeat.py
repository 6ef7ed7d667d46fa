from datetime import UTC, datetime, timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.signals import HeardBeat, Heartbeat, HeartbeatMemory, SignalStatus, missing

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
BEAT = Heartbeat(name="backup", target=TargetName("shop-db"), every=10 * MINUTE, grace=MINUTE)


class Looks:
    """Looks every thirty seconds, as a fleet does, and the signals they raised."""

    def __init__(self) -> None:
        self.now = NOW
        self.heard_at: datetime | None = None
        self.memory: HeartbeatMemory | None = None
        self.said: list[SignalStatus] = []

    def look(self, span: timedelta = 30 * SECOND, step: timedelta = 30 * SECOND) -> list[SignalStatus]:
        self.said = []
        for _ in range(span // step):
            self.now += step
            found, self.memory = missing([HeardBeat(heartbeat=BEAT, at=self.heard_at)], self.memory, self.now)
            self.memory = HeartbeatMemory.model_validate_json(self.memory.model_dump_json())
            self.said += [one.status for one in found]
        return self.said

    def hear(self) -> None:
        self.heard_at = self.now


FIRING, RESOLVED = SignalStatus.FIRING, SignalStatus.RESOLVED


def test_a_timely_heartbeat_raises_nothing() -> None:
    looks = Looks()
    for _ in range(20):
        looks.hear()
        assert looks.look(10 * MINUTE) == []


def test_a_missing_heartbeat_raises_a_signal_after_its_grace_and_ends_it_on_return() -> None:
    looks = Looks()
    looks.hear()
    assert looks.look(11 * MINUTE) == []
    assert looks.look(MINUTE) == [FIRING]
    looks.hear()
    assert looks.look() == [RESOLVED]
    assert looks.look(10 * MINUTE) == []


def test_a_heartbeat_never_received_is_due_from_its_declaration() -> None:
    looks = Looks()
    assert looks.look(11 * MINUTE) == []
    assert looks.look(MINUTE) == [FIRING]


def test_a_heartbeat_that_stays_missing_is_repeated_from_time_to_time() -> None:
    looks = Looks()
    assert looks.look(HOUR) == [FIRING] * 4


def test_a_fleet_that_did_not_look_counts_the_silence_from_when_it_looks_again() -> None:
    looks = Looks()
    looks.hear()
    looks.look(MINUTE)
    looks.now += 5 * HOUR
    assert looks.look(11 * MINUTE) == []
    assert looks.look(MINUTE) == [FIRING]


def test_one_that_was_missing_before_the_fleet_stopped_is_not_back_because_of_that() -> None:
    looks = Looks()
    assert looks.look(12 * MINUTE) == [FIRING]
    looks.now += 5 * HOUR
    assert RESOLVED not in looks.look(12 * MINUTE)


def test_a_clock_that_jumps_either_way_raises_nothing_and_hides_nothing() -> None:
    for jump in (HOUR, -HOUR):
        looks = Looks()
        looks.hear()
        looks.look(MINUTE)
        looks.now += jump
        assert looks.look(11 * MINUTE) == []
        assert looks.look(2 * MINUTE) == [FIRING]
        looks.hear()
        assert looks.look() == [RESOLVED]


def test_looks_that_are_far_apart_by_configuration_still_count() -> None:
    looks = Looks()
    assert looks.look(HOUR, step=5 * MINUTE)[:1] == [FIRING]


def test_a_signal_says_which_and_since_when() -> None:
    looks = Looks()
    looks.look()
    looks.hear()
    looks.look(11 * MINUTE)
    found, _ = missing([HeardBeat(heartbeat=BEAT, at=looks.heard_at)], looks.memory, looks.now + MINUTE)
    assert found[0].summary == "heartbeat backup is missing: last heard at 2026-11-21 08:00:30 UTC, due every 0:10:00"
    assert (found[0].target, found[0].began_at) == ("shop-db", NOW + 10 * MINUTE + 30 * SECOND)
