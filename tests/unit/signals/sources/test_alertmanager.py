import contextlib
import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Severity, SignalStatus
from grace_workers.signals.limits import DEEPEST, MOST_ALERTS, MOST_LABELS
from grace_workers.signals.sources.alertmanager import parse

DATA = Path(__file__).parents[3] / "data"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def sample(name: str) -> Any:
    return json.loads((DATA / f"alertmanager-{name}.json").read_text())


def changed(**labels: str) -> Any:
    body = sample("firing")
    body["alerts"][0]["labels"] |= labels
    return body


def test_a_real_firing_webhook_gives_one_signal() -> None:
    [signal] = parse(sample("firing"), {}, NOW)
    assert signal.source == "alertmanager"
    assert signal.name == "QueueBacklog"
    assert signal.target == "heal"
    assert signal.severity is Severity.CRITICAL
    assert signal.status is SignalStatus.FIRING
    assert signal.summary == "Queue heal has 1204 waiting tasks"
    assert (signal.began_at, signal.observed_at) == (datetime(2026, 11, 21, 6, 32, 13, 840000, tzinfo=UTC), NOW)
    assert signal.member == signal.attributes["fingerprint"]


def test_the_end_of_a_condition_has_the_signature_of_its_beginning_and_another_delivery_key() -> None:
    [firing], [resolved] = parse(sample("firing"), {}, NOW), parse(sample("resolved"), {}, NOW)
    assert (resolved.member, resolved.began_at) == (firing.member, firing.began_at)
    assert resolved.status is SignalStatus.RESOLVED
    assert resolved.signature == firing.signature
    assert resolved.delivery_key != firing.delivery_key


def test_the_same_delivery_from_a_second_peer_has_the_same_delivery_key() -> None:
    later = sample("firing") | {"receiver": "other", "externalURL": "http://peer:9093"}
    assert (
        parse(later, {}, NOW + timedelta(minutes=5))[0].delivery_key == parse(sample("firing"), {}, NOW)[0].delivery_key
    )


def test_unknown_fields_are_ignored() -> None:
    body = sample("firing") | {"notification_reason": "repeat", "routeLabels": {"a": "b"}}
    body["alerts"][0]["silencedBy"] = []
    assert len(parse(body, {}, NOW)) == 1


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        ({"grace_target": "a", "target": "b", "service": "c"}, "a"),
        ({"target": "b", "service": "c"}, "b"),
        ({"service": "c"}, "c"),
        ({"service": "", "instance": "d"}, "d"),
        ({"service": "", "instance": "", "job": "e"}, "e"),
        ({"service": "", "instance": "", "job": ""}, None),
    ],
)
def test_the_most_explicit_label_names_the_target(labels: dict[str, str], target: str | None) -> None:
    assert parse(changed(**labels), {}, NOW)[0].target == target


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("PAGE", Severity.CRITICAL),
        ("error", Severity.ERROR),
        ("warn", Severity.WARNING),
        ("none", Severity.INFO),
        ("purple", Severity.WARNING),
    ],
)
def test_severity_words_are_mapped(word: str, severity: Severity) -> None:
    assert parse(changed(severity=word), {}, NOW)[0].severity is severity


def test_labels_that_change_with_a_restart_are_not_part_of_the_signature() -> None:
    assert (
        parse(changed(pod="a-1", instance="x"), {}, NOW)[0].signature == parse(sample("firing"), {}, NOW)[0].signature
    )


def test_labels_that_tell_two_conditions_apart_are_part_of_the_signature() -> None:
    assert parse(changed(queue="coding"), {}, NOW)[0].signature != parse(sample("firing"), {}, NOW)[0].signature


def test_an_alert_without_fingerprint_gets_one_from_its_labels() -> None:
    body = sample("firing")
    del body["alerts"][0]["fingerprint"]
    assert parse(body, {}, NOW)[0].delivery_key == parse(copy.deepcopy(body), {}, NOW)[0].delivery_key
    other = copy.deepcopy(body)
    other["alerts"][0]["labels"]["queue"] = "coding"
    assert parse(body, {}, NOW)[0].delivery_key != parse(other, {}, NOW)[0].delivery_key


def test_a_sender_whose_clock_is_ahead_does_not_observe_the_future() -> None:
    assert parse(sample("firing"), {}, NOW - timedelta(days=1))[0].observed_at == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        7,
        {},
        {"version": "3", "alerts": []},
        {"version": "4"},
        {"version": "4", "alerts": {}},
        {"version": "4", "alerts": [{}]},
        {"version": "4", "alerts": [{"status": "maybe", "labels": {}, "startsAt": "2026-11-21T06:32:13Z"}]},
        {"version": "4", "alerts": [{"status": "firing", "labels": {"a": 1}, "startsAt": "2026-11-21T06:32:13Z"}]},
        {"version": "4", "alerts": [{"status": "firing", "labels": {}, "startsAt": "yesterday"}]},
        {"version": "4", "alerts": [{"status": "firing", "labels": {}, "startsAt": "0001-01-01T00:00:00+05:00"}]},
    ],
)
def test_garbage_is_refused_with_a_sentence(body: Any) -> None:
    with pytest.raises(InputError, match="alertmanager webhook"):
        parse(body, {}, NOW)


def test_a_time_at_the_end_of_the_calendar_is_taken_as_now() -> None:
    body = sample("firing")
    body["alerts"][0]["startsAt"] = "9999-12-31T23:59:59-05:00"
    assert parse(body, {}, NOW)[0].observed_at == NOW


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (sample("firing") | {"x": nested(DEEPEST + 1)}, "deeper"),
        (sample("firing") | {"x": nested(5000)}, "deeper"),
        (changed(bad="a\x00b"), r"U\+0000"),
        (changed(bad="\ud800"), "surrogate"),
        (changed(**{"k\x00": "v"}), r"U\+0000"),
        (changed(long="x" * 5000), "too long"),
        (changed(huge="x" * 100_000), "characters"),
        (changed(**{f"l{number}": "v" for number in range(MOST_LABELS + 1)}), "labels"),
        (sample("firing") | {"alerts": sample("firing")["alerts"] * (MOST_ALERTS + 1)}, "max_alerts"),
        (sample("firing") | {"x": float("nan")}, "finite"),
        (sample("firing") | {"x": 2**70}, "2\\^53-1"),
    ],
)
def test_a_body_beyond_the_limits_is_refused_with_a_sentence(body: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse(body, {}, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(
    JSON
    | JSON.map(lambda value: {"version": "4", "alerts": [value]})
    | JSON.map(lambda value: changed() | {"alerts": value})
)
def test_any_json_is_either_signals_or_an_input_error(body: Any) -> None:
    with contextlib.suppress(InputError):
        assert all(signal.delivery_key for signal in parse(body, {}, NOW))
