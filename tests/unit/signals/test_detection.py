import json
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, Severity, Signal, SignalStatus, Trigger, detect
from grace_workers.signals.detection import KEPT_READINGS
from grace_workers.signals.triggers import error_burst

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
FULL = Trigger(
    name="full",
    summary="for this test",
    severity=Severity.WARNING,
    checks={"used": 5},
    judge=lambda bound, readings: "full" if (readings[-1].value or 0) >= bound else None,
)


def look(
    memory: Memory, value: float | None, second: int, lines: tuple[str, ...] = (), hold: int = 0
) -> tuple[tuple[Signal, ...], Memory]:
    now = START + timedelta(seconds=second)
    reading = Reading(check="used", target=TargetName("disk"), value=value, at=now, lines=lines)
    holds = {("full", TargetName("disk")): timedelta(seconds=hold)}
    return detect([reading], memory, [FULL], now=now, repeat=timedelta(seconds=60), holds=holds)


def test_nothing_is_said_while_nothing_is_wrong() -> None:
    signals, _ = look(Memory(), 1, 0)
    assert signals == ()


def test_a_condition_is_reported_when_it_begins_and_when_it_ends() -> None:
    [begun], memory = look(Memory(), 7, 0)
    nothing, memory = look(memory, 7, 1)
    [ended], memory = look(memory, 1, 2)
    quiet, _ = look(memory, 1, 3)
    assert (begun.status, nothing, ended.status, quiet) == (SignalStatus.FIRING, (), SignalStatus.RESOLVED, ())
    assert begun.signature == ended.signature
    assert (begun.source, begun.target, begun.name) == ("probe", "disk", "full")


def test_a_condition_that_lasts_is_repeated_as_a_new_delivery_of_the_same_signature() -> None:
    [first], memory = look(Memory(), 7, 0, ("error in a",))
    [second], _ = look(memory, 8, 60, ("error in b",))
    assert second.delivery_key != first.delivery_key
    assert second.signature == first.signature


def test_a_condition_goes_on_while_its_check_fails() -> None:
    _, memory = look(Memory(), 7, 0)
    nothing, memory = look(memory, None, 30)
    [again], memory = look(memory, 7, 60)
    _, memory = look(memory, None, 90)
    [ended], _ = look(memory, 1, 120)
    assert (nothing, again.status, ended.status) == ((), SignalStatus.FIRING, SignalStatus.RESOLVED)


def test_what_ends_before_it_was_held_for_long_enough_is_never_told() -> None:
    nothing, memory = look(Memory(), 7, 0, hold=60)
    still, memory = look(memory, 7, 30, hold=60)
    ended, memory = look(memory, 1, 59, hold=60)
    assert (nothing, still, ended) == ((), (), ())
    again, memory = look(memory, 7, 90, hold=60)
    [first], memory = look(memory, 7, 150, hold=60)
    [over], _ = look(memory, 1, 160, hold=60)
    assert (again, first.status, over.status) == ((), SignalStatus.FIRING, SignalStatus.RESOLVED)
    assert first.attributes["since"] == (START + timedelta(seconds=90)).isoformat()
    assert first.attributes["number"] == 1


def test_what_is_held_is_told_at_once_when_the_hold_is_taken_back() -> None:
    _, memory = look(Memory(), 7, 0, hold=60)
    [told], _ = look(memory, 7, 10)
    assert told.status is SignalStatus.FIRING


def test_the_same_look_on_the_same_memory_gives_the_same_delivery_keys() -> None:
    one, _ = look(Memory(), 7, 0)
    other, _ = look(Memory(), 7, 0)
    assert [signal.delivery_key for signal in one] == [signal.delivery_key for signal in other]


def test_the_memory_survives_as_json() -> None:
    _, memory = look(Memory(), 7, 0)
    again = Memory.read(json.loads(json.dumps(memory.to_json())))
    assert again == memory
    assert look(again, 7, 1)[0] == ()


def test_no_memory_yet_is_an_empty_memory() -> None:
    assert Memory.read(None) == Memory()


def test_what_is_no_memory_is_refused() -> None:
    with pytest.raises(InputError, match="trigger memory"):
        Memory.read({"readings": 7})


def test_the_memory_does_not_grow_without_end() -> None:
    memory = Memory()
    for second in range(100):
        _, memory = look(memory, 1, second)
    assert len(memory.series("used", TargetName("disk"))) == KEPT_READINGS


def test_the_commonest_error_line_speaks_for_a_burst() -> None:
    lines = ("odd one", "order 1 failed", "order 2 failed")
    [signal], _ = look(Memory(), 7, 0, lines)
    assert signal.text == "order 2 failed"


def test_lines_older_than_the_burst_do_not_count_for_it() -> None:
    lines = (*["yesterday's trouble"] * 20, *[f"order {number} failed" for number in range(7)])
    [signal], _ = look(Memory(), 7, 0, lines)
    assert signal.text == "order 6 failed"


def test_a_log_line_that_cannot_be_stored_is_made_storable() -> None:
    [signal], _ = look(Memory(), 7, 0, ("bad \x00 and \ud800",))
    assert signal.text == "bad \N{REPLACEMENT CHARACTER} and ?"


def test_a_check_that_no_trigger_looks_at_gives_no_signal() -> None:
    reading = Reading(check="other", target=TargetName("disk"), value=9, at=START)
    assert detect([reading], Memory(), [FULL], now=START)[0] == ()


TWO = Trigger(
    name="two",
    summary="for this test",
    severity=Severity.WARNING,
    checks={"a": 5, "b": 5},
    judge=FULL.judge,
)


def both(memory: Memory, second: int, **values: float) -> tuple[tuple[Signal, ...], Memory]:
    now = START + timedelta(seconds=second)
    readings = [Reading(check=name, target=TargetName("disk"), value=value, at=now) for name, value in values.items()]
    return detect(readings, memory, [TWO], now=now)


def test_two_checks_of_one_target_are_one_condition_that_ends_with_the_last() -> None:
    begun, memory = both(Memory(), 0, a=7, b=7)
    first_ended, memory = both(memory, 1, a=1, b=7)
    last_ended, memory = both(memory, 2, a=1, b=1)
    assert [len(signals) for signals in (begun, first_ended, last_ended)] == [1, 0, 1]
    assert last_ended[0].status is SignalStatus.RESOLVED


def test_a_check_that_could_not_be_read_this_time_ends_nothing() -> None:
    _, memory = both(Memory(), 0, a=7, b=1)
    quiet, memory = both(memory, 1, b=1)
    assert quiet == ()
    [ended], _ = both(memory, 2, a=1)
    assert ended.status is SignalStatus.RESOLVED


def test_what_was_seen_was_seen_when_it_was_read() -> None:
    read_at, looked_at = START, START + timedelta(seconds=3)
    full, fine = (Reading(check="used", target=TargetName("disk"), value=value, at=read_at) for value in (9, 1))
    [begun], memory = detect([full], Memory(), [FULL], now=looked_at)
    [ended], _ = detect([fine], memory, [FULL], now=looked_at)
    assert (begun.observed_at, ended.observed_at) == (read_at, read_at)


def test_targets_are_distinguished() -> None:
    readings = [Reading(check="used", target=TargetName(name), value=9, at=START) for name in ("x", "y")]
    signals, _ = detect(readings, Memory(), [FULL], now=START)
    assert [signal.target for signal in signals] == ["x", "y"]


def test_a_burst_that_lasts_does_not_become_usual_and_end_by_itself() -> None:
    memory = Memory()
    fired: list[SignalStatus] = []
    for number in range(60):
        errors = 0.0 if number < 10 else 40.0
        at = START + timedelta(seconds=number)
        reading = Reading(check="error_count", target=TargetName("shop"), value=errors, at=at)
        signals, memory = detect([reading], memory, [error_burst.DEFINITION], now=at, repeat=timedelta(0))
        fired += [one.status for one in signals]

    assert fired == [SignalStatus.FIRING] * 50
