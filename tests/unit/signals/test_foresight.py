import json
import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Reading, SeriesReading, Severity, SignalStatus, budget_of, foresee
from grace_workers.signals.foresight import MOST_SERIES

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LOOK = timedelta(minutes=5)
WATCHED = {"false_alarms_a_week": "1"}


def seen(value, at, *, check="disk_used_ratio", target="logs", labels=None, full=1.0):
    reading = Reading(check=check, target=TargetName(target), value=value, at=NOW + at * LOOK)
    return SeriesReading(reading=reading, labels=labels or {}, full=full)


def watch(values, before=None, start=0, **of):
    """Look at one value after the other; return all signals and the memory."""
    signals, memory = [], before
    for at, value in enumerate(values, start):
        told, memory, _ = foresee([seen(value, at, **of)], memory, NOW + at * LOOK)
        signals += told
    return signals, memory


def test_a_disk_that_fills_is_told_with_a_time_and_an_interval_and_once_in_half_an_hour():
    signals, _ = watch([0.80 + at * 0.005 for at in range(18)])
    first, second = signals
    assert (first.name, first.target, first.severity) == ("exhaustion_disk_used_ratio", "logs", Severity.WARNING)
    assert "rises by 0.06 an hour: used up at 2026-11-23 11:20 UTC, between 11-23 11:" in first.summary
    assert second.attributes["number"] == 2


def test_the_last_hour_is_an_error():
    signals, _ = watch([0.80 + at * 0.015 for at in range(13)])
    assert [one.severity for one in signals] == [Severity.ERROR]


def test_a_disk_that_is_cleared_ends_the_condition_and_a_missing_reading_does_not():
    _, memory = watch([0.80 + at * 0.005 for at in range(14)])
    silent, memory = watch([None], memory, start=14)
    ended, memory = watch([0.2], memory, start=15)
    assert silent == []
    assert [one.status for one in ended] == [SignalStatus.RESOLVED]
    assert len(memory["courses"]["disk_used_ratio:logs"]["points"]) == 1


def test_a_disk_that_is_full_as_foretold_has_not_got_well():
    _, memory = watch([0.80 + at * 0.015 for at in range(13)])
    full, memory = watch([1.0] * 8, memory, start=13)
    assert [(one.severity, one.status) for one in full] == [(Severity.ERROR, SignalStatus.FIRING)]
    assert "disk_used_ratio is 1 of 1: used up, as foretold" in full[0].summary
    cleared, _ = watch([0.2], memory, start=21)
    assert [one.status for one in cleared] == [SignalStatus.RESOLVED]


def test_a_disk_that_was_full_from_the_start_is_left_to_other_triggers():
    assert watch([1.0] * 20)[0] == []


def test_a_label_of_the_target_says_when_it_is_full():
    values = [10 + at * 2.0 for at in range(14)]
    assert watch(values, check="queue_length", full=100.0)[0]
    assert watch(values, check="queue_length", full=100.0, labels={"queue_length_full": "1e6"})[0] == []


def test_an_unusual_series_is_told_only_where_its_owner_allows_for_false_alarms():
    chance = random.Random(1)
    values = [100 + 5 * math.sin(at / 12) + chance.gauss(0, 1) for at in range(400)] + [180.0] * 12
    of = {"check": "http_latency_ms", "full": None}
    assert watch(values, **of)[0] == []
    signals, memory = watch(values, labels=WATCHED, **of)
    assert signals[0].name == "anomaly_http_latency_ms"
    assert "http_latency_ms is 180, which is unusual for it" in signals[0].summary
    ended, _ = watch([100.0] * 90, memory, start=412, labels=WATCHED, **of)
    assert SignalStatus.RESOLVED in {one.status for one in ended}


def test_a_quiet_series_gives_no_alarm():
    chance = random.Random(2)
    values = [100 + 5 * math.sin(at / 12) + chance.gauss(0, 1) for at in range(600)]
    assert watch(values, labels=WATCHED, check="http_latency_ms", full=None)[0] == []


def test_memory_survives_as_json_and_goes_on_the_same():
    chance = random.Random(3)
    values = [chance.gauss(0, 1) for _ in range(320)] + [50.0] * 9
    whole, memory = watch(values, labels=WATCHED)
    half, between = watch(values[:150], labels=WATCHED)
    rest, again = watch(values[150:], json.loads(json.dumps(between)), start=150, labels=WATCHED)
    assert whole
    assert [one.delivery_key for one in whole] == [one.delivery_key for one in (*half, *rest)]
    assert memory == again


def test_memory_is_bounded_and_what_is_not_read_any_more_is_forgotten():
    many = [seen(0.5, 0, target=f"t{at}", labels=WATCHED) for at in range(MOST_SERIES + 20)]
    _, memory, told = foresee(many, None, NOW)
    assert (told["series"], told["left_out"]) == (MOST_SERIES, 20)
    _, memory, told = foresee([], memory, NOW + LOOK)
    assert (told["series"], told["resources"]) == (0, 0)
    _, memory = watch([0.5] * 400)
    assert len(memory["courses"]["disk_used_ratio:logs"]["points"]) == 288


def test_memory_that_is_none_is_refused():
    with pytest.raises(InputError):
        foresee([], {"watches": 7}, NOW)


@pytest.mark.parametrize(
    ("labels", "allowed"),
    [
        ({}, 0),
        ({"false_alarms_a_week": "2"}, 2),
        ({"false_alarms_a_week": "2", "alive_false_alarms_a_week": "0.5"}, 0.5),
        ({"false_alarms_a_week": "2", "alive_false_alarms_a_week": "0"}, 0),
        ({"false_alarms_a_week": "many"}, 0),
        ({"false_alarms_a_week": "-1"}, 0),
        ({"false_alarms_a_week": "inf"}, 0),
    ],
)
def test_labels_set_the_budget(labels, allowed):
    assert budget_of(labels, "alive") == allowed
