import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, Parsed, Severity, SignalStatus
from grace_workers.signals.sources.cloudevents import DEFINITION

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
EVENT = {"specversion": "1.0", "id": "1", "source": "/ci/shop", "type": "com.example.backup.failed"}
BATCH = "application/cloudevents-batch+json"


def parse(body: Any, kind: str = "application/cloudevents+json") -> Parsed:
    return DEFINITION.parse(Delivery(body=json.dumps(body).encode(), content_type=kind, received_at=NOW))


def binary(body: bytes, kind: str, **headers: str) -> Parsed:
    named = {f"ce-{name}": value for name, value in (EVENT | headers).items()}
    return DEFINITION.parse(Delivery(body=body, content_type=kind, headers=named, received_at=NOW))


def test_an_event_is_the_same_signal_in_each_mode() -> None:
    data = {"service": "shop-web", "error": "no space left on device", "severity": "critical"}
    [one] = parse(EVENT | {"data": data}).signals
    [of_a_batch] = parse([EVENT | {"data": data}], BATCH).signals
    [of_headers] = binary(json.dumps(data).encode(), "application/json").signals
    for other in (of_a_batch, of_headers):
        assert replace(other, id=one.id) == one
    assert (one.target, one.severity, one.text) == ("shop-web", Severity.CRITICAL, "no space left on device")
    assert one.delivery_key == "cloudevents:/ci/shop:1"


@pytest.mark.parametrize(
    ("kind", "extra", "status"),
    [
        ("com.example.backup.failed", {}, SignalStatus.FIRING),
        ("com.example.BackupFailed", {}, SignalStatus.FIRING),
        ("com.example.backup.succeeded", {}, SignalStatus.RESOLVED),
        ("com.example.backup", {"data": {"status": "recovered"}}, SignalStatus.RESOLVED),
        ("com.example.backup", {"data": {"state": "error"}}, SignalStatus.FIRING),
        ("com.example.backup", {"severity": "warning"}, SignalStatus.FIRING),
    ],
)
def test_status_type_or_severity_says_what_an_event_means(kind: str, extra: Any, status: SignalStatus) -> None:
    [signal] = parse(EVENT | {"type": kind} | extra).signals
    assert signal.status is status


def test_an_end_finds_its_beginning() -> None:
    begun, ended = (parse(EVENT | {"type": f"backup.{word}"}).signals[0] for word in ("failed", "recovered"))
    assert (begun.signature, begun.target, begun.member) == (ended.signature, ended.target, ended.member)


def test_an_event_that_is_no_condition_is_noted_and_changes_nothing() -> None:
    found = parse(EVENT | {"type": "com.example.order.created"})
    assert not found.signals
    assert [(one.whole, "severity" in one.reason) for one in found.left_out] == [(False, True)]


def test_one_bad_event_among_good_ones_is_named_and_the_good_are_kept() -> None:
    found = parse(
        [EVENT, EVENT | {"specversion": "0.3"}, 7, EVENT | {"id": "2", "source": ""}, EVENT | {"id": "3"}], BATCH
    )
    assert [one.delivery_key[-1] for one in found.signals] == ["1", "3"]
    assert [(one.position, one.whole) for one in found.left_out] == [(2, True), (3, True), (4, True)]
    assert "only 1.0" in found.left_out[0].reason


def test_an_empty_batch_is_nothing() -> None:
    assert parse([], BATCH) == Parsed(signals=[], left_out=[])


def test_an_unknown_version_and_no_mode_at_all_are_refused() -> None:
    with pytest.raises(InputError, match=r"specversion '2.0'; only 1.0"):
        parse(EVENT | {"specversion": "2.0"})
    with pytest.raises(InputError, match="three modes"):
        parse({}, "application/json")
    with pytest.raises(InputError, match="no type"):
        parse(EVENT | {"type": ""})


def test_headers_are_percent_encoded_and_data_may_be_any_text() -> None:
    [signal] = binary(b"no space left", "text/plain", subject="caf%C3%A9").signals
    assert (signal.labels["subject"], signal.text) == ("café", "no space left")
    [untyped] = binary(b"\xff\x00 half", "").signals
    assert "\x00" not in str(untyped.text)
