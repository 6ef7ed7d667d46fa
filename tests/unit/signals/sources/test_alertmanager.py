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
from grace_workers.signals import Delivery, Parsed, Severity, Signal, SignalStatus
from grace_workers.signals.limits import LONGEST_LABEL, MOST_IN_BULK, MOST_LABELS
from grace_workers.signals.sources import alertmanager

DATA = Path(__file__).parents[3] / "data"
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def delivery(body: Any, now: datetime = NOW) -> Delivery:
    return Delivery(body=json.dumps(body).encode(), received_at=now)


def parse(body: Any, now: datetime) -> list[Signal]:
    return list(alertmanager.parse(delivery(body, now)).signals)


def taken(*alerts: Any) -> Parsed:
    return alertmanager.parse(delivery({"alerts": list(alerts)}))


def alert(**changes: Any) -> dict[str, Any]:
    return {**sample("firing")["alerts"][0], **changes}


def sample(name: str) -> Any:
    return json.loads((DATA / f"alertmanager-{name}.json").read_text())


def changed(**labels: str) -> Any:
    body = sample("firing")
    body["alerts"][0]["labels"] |= labels
    return body


def test_a_real_firing_webhook_gives_one_signal() -> None:
    [signal] = parse(sample("firing"), NOW)
    assert signal.source == "alertmanager"
    assert signal.name == "QueueBacklog"
    assert signal.target == "heal"
    assert signal.severity is Severity.CRITICAL
    assert signal.status is SignalStatus.FIRING
    assert signal.summary == "Queue heal has 1204 waiting tasks"
    assert (signal.began_at, signal.observed_at) == (datetime(2026, 11, 21, 6, 32, 13, 840000, tzinfo=UTC), NOW)
    assert signal.member == signal.attributes["fingerprint"]


def test_the_end_of_a_condition_has_the_signature_of_its_beginning_and_another_delivery_key() -> None:
    [firing], [resolved] = parse(sample("firing"), NOW), parse(sample("resolved"), NOW)
    assert (resolved.member, resolved.began_at) == (firing.member, firing.began_at)
    assert resolved.status is SignalStatus.RESOLVED
    assert resolved.signature == firing.signature
    assert resolved.delivery_key != firing.delivery_key


def test_the_same_delivery_from_a_second_peer_has_the_same_delivery_key() -> None:
    later = sample("firing") | {"receiver": "other", "externalURL": "http://peer:9093"}
    assert parse(later, NOW + timedelta(minutes=5))[0].delivery_key == parse(sample("firing"), NOW)[0].delivery_key


def test_unknown_fields_are_ignored() -> None:
    body = sample("firing") | {"notification_reason": "repeat", "routeLabels": {"a": "b"}}
    body["alerts"][0]["silencedBy"] = []
    assert len(parse(body, NOW)) == 1


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
    assert parse(changed(**labels), NOW)[0].target == target


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
    assert parse(changed(severity=word), NOW)[0].severity is severity


def test_labels_that_change_with_a_restart_are_not_part_of_the_signature() -> None:
    assert parse(changed(pod="a-1", instance="x"), NOW)[0].signature == parse(sample("firing"), NOW)[0].signature


def test_labels_that_distinguish_two_conditions_are_part_of_the_signature() -> None:
    assert parse(changed(queue="coding"), NOW)[0].signature != parse(sample("firing"), NOW)[0].signature


def test_an_alert_without_fingerprint_gets_one_from_its_labels() -> None:
    body = sample("firing")
    del body["alerts"][0]["fingerprint"]
    assert parse(body, NOW)[0].delivery_key == parse(copy.deepcopy(body), NOW)[0].delivery_key
    other = copy.deepcopy(body)
    other["alerts"][0]["labels"]["queue"] = "coding"
    assert parse(body, NOW)[0].delivery_key != parse(other, NOW)[0].delivery_key


def test_a_sender_whose_clock_is_ahead_does_not_observe_the_future() -> None:
    assert parse(sample("firing"), NOW - timedelta(days=1))[0].observed_at == NOW - timedelta(days=1)


@pytest.mark.parametrize("body", [None, "text", 7, {}, {"version": "4"}, {"version": "4", "alerts": {}}])
def test_what_holds_no_alerts_is_refused_with_a_sentence(body: Any) -> None:
    assert not alertmanager.fits(delivery(body))
    with pytest.raises(InputError, match="alertmanager webhook"):
        parse(body, NOW)


@pytest.mark.parametrize("version", ["4", "1", "3", 4, None])
def test_the_shape_decides_and_not_the_version(version: Any) -> None:
    body = sample("firing") | {"version": version}
    assert alertmanager.fits(delivery(body))
    assert len(parse(body, NOW)) == 1


def test_a_time_at_the_end_of_the_calendar_counts_as_now() -> None:
    body = sample("firing")
    body["alerts"][0]["startsAt"] = "9999-12-31T23:59:59-05:00"
    assert parse(body, NOW)[0].observed_at == NOW


BROKEN: dict[str, Any] = {
    "an empty object": {},
    "a number": 7,
    "a text": "alert",
    "null": None,
    "labels that are a list": {"status": "firing", "labels": ["a"], "startsAt": "2026-11-21T06:32:13Z"},
    "a status of its own": alert(status="maybe"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_alert_that_cannot_be_taken_costs_no_other_and_is_named(case: str) -> None:
    found = taken(alert(), BROKEN[case], alert(fingerprint="f2"))
    assert [one.name for one in found.signals] == ["QueueBacklog", "QueueBacklog"]
    assert [(one.position, one.whole) for one in found.left_out] == [(2, True)]
    assert found.left_out[0].reason


CUT: dict[str, tuple[dict[str, Any], str]] = {
    "a long annotation": ({"annotations": {"summary": "s", "description": "x" * 5000}}, "cut from 5000 to 4096"),
    "a very long label": ({"labels": {"alertname": "A", "long": "x" * 100_000}}, "cut from 100000"),
    "a NUL": ({"labels": {"alertname": "A", "bad": "a\x00b"}}, "cannot be stored"),
    "a lone surrogate": ({"annotations": {"summary": "\ud800"}}, "cannot be stored"),
    "a NUL in a name": ({"labels": {"alertname": "A", "k\x00": "v"}}, "cannot be stored"),
    "a label that is a list": ({"labels": {"alertname": "A", "l": [1]}}, "dropped"),
    "a name that is too long": ({"labels": {"alertname": "A", "n" * 300: "v"}}, "dropped"),
    "too many labels": ({"labels": {"alertname": "A"} | {f"l{n}": "v" for n in range(MOST_LABELS)}}, "1 of 65"),
    "no start": ({"startsAt": "yesterday"}, "startsAt"),
    "a start before 1970": ({"startsAt": "0001-01-01T00:00:00+05:00"}, "startsAt"),
}


@pytest.mark.parametrize("case", CUT)
def test_what_is_too_long_or_cannot_be_stored_is_cut_and_named(case: str) -> None:
    changes, words = CUT[case]
    found = taken(alert(**changes))
    [signal] = found.signals
    assert [(one.position, one.whole) for one in found.left_out] == [(1, False)]
    assert words in found.left_out[0].reason
    assert signal.attributes["left_out"] == [found.left_out[0].reason]
    kept = [*signal.labels.items(), *signal.attributes["annotations"].items()]  # type: ignore[union-attr]
    assert all(len(str(value)) <= LONGEST_LABEL for _, value in kept)
    assert "\x00" not in str(kept)


def test_labels_that_name_target_and_alert_are_kept_before_others() -> None:
    labels = {f"a{number}": "v" for number in range(200)} | {
        "alertname": "Z",
        "grace_target": "shop",
        "severity": "page",
    }
    [signal] = taken(alert(labels=labels)).signals
    assert (signal.name, signal.target, signal.severity) == ("Z", "shop", Severity.CRITICAL)


@pytest.mark.slow
def test_more_alerts_than_are_taken_are_counted_and_the_first_are_taken() -> None:
    found = taken(*([alert()] * (MOST_IN_BULK + 7)))
    assert len(found.signals) == MOST_IN_BULK
    assert found.left_out[-1].reason.startswith("7 alerts")


def test_labels_that_are_no_texts_count_as_they_are_written() -> None:
    [signal] = taken(alert(labels={"alertname": "A", "shard": 3, "leader": True, "zone": None})).signals
    assert dict(signal.labels) == {"alertname": "A", "shard": "3", "leader": "true", "zone": ""}


@pytest.mark.parametrize(
    "name",
    ["grafana-8.json", "grafana-9.json", "grafana-10.json", "grafana-11.json", "grafana-12.json", "mimir-webhook.json"],
)
def test_grafanas_webhook_is_read_with_any_version(name: str) -> None:
    body = json.loads((DATA / name).read_text())
    assert alertmanager.fits(delivery(body))
    found = alertmanager.parse(delivery(body))
    assert not found.left_out
    assert {one.target for one in found.signals} == {"shop-web"}
    assert [one.status.value for one in found.signals] == [one["status"] for one in body["alerts"]]
    assert {one.observed_at for one in found.signals} == {NOW}
    assert all(one.began_at is not None and one.began_at < NOW for one in found.signals)


def test_a_ruler_sends_the_list_alone_and_an_end_that_has_come_resolves() -> None:
    body = json.loads((DATA / "prometheus-v2-alerts.json").read_text())
    assert alertmanager.fits(delivery(body))
    assert [(one.target, one.status) for one in parse(body, NOW)] == [
        ("shop-web", SignalStatus.FIRING),
        ("shop-web", SignalStatus.RESOLVED),
        ("shop-web", SignalStatus.FIRING),
    ]


@pytest.mark.parametrize("body", [[], [1], [{"name": "x"}], {"name": "x", "labels": {}}])
def test_other_lists_and_objects_are_not_read_as_alerts(body: Any) -> None:
    assert not alertmanager.fits(delivery(body))


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
        assert all(signal.delivery_key for signal in parse(body, NOW))
