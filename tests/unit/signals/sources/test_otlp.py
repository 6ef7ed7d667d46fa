import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

from grace_workers.foundation.errors import InputError
from grace_workers.signals import Delivery, LeftOut, Parsed, Severity
from grace_workers.signals.limits import MOST_IN_BULK
from grace_workers.signals.sources.otlp import DEFINITION, answer

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DATA = Path(__file__).parents[3] / "data"
EXAMPLE: Any = json.loads(DEFINITION.example.body)
PROTOBUF = "application/x-protobuf"


def delivery(body: Any, kind: str = "application/json") -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(body=raw, content_type=kind, received_at=NOW)


def parse(body: Any, kind: str = "application/json") -> Parsed:
    return DEFINITION.parse(delivery(body, kind))


def packed(body: Any) -> bytes:
    return bytes(ParseDict(body, ExportLogsServiceRequest()).SerializeToString())


def of(*records: Any) -> Any:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop-web"}}]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "shop"}, "logRecords": records}]}]}


def record(**more: Any) -> Any:
    return {"severityNumber": 17, "body": {"stringValue": "boom"}, **more}


def attribute(key: str, **value: Any) -> Any:
    return {"key": key, "value": value}


def test_either_encoding_gives_the_same_signal() -> None:
    [plain] = parse(EXAMPLE).signals
    [binary] = parse(packed(EXAMPLE), PROTOBUF).signals
    for name in ("name", "target", "severity", "text", "labels", "signature", "observed_at", "member"):
        assert getattr(plain, name) == getattr(binary, name)
    assert (plain.name, plain.target, plain.severity) == ("ERROR shop.payments", "shop-web", Severity.ERROR)


def test_an_exception_is_recognised_by_its_traceback_and_captured_records_are_read() -> None:
    found = parse(json.loads((DATA / "otlp-logs.json").read_text()))
    line, raised = found.signals
    assert line.text == "payment gateway timeout after 3000 ms"
    assert str(raised.text).startswith("charge failed\nTraceback (most recent call last):")
    assert raised.signature.startswith("ZeroDivisionError@")
    assert raised.attributes["attributes"]["code.line.number"] == "23"  # type: ignore[index, call-overload]


def test_only_errors_and_exceptions_become_signals() -> None:
    calm = [record(severityNumber=number) for number in (0, 1, 9, 13, 16)]
    raised = record(severityNumber=13, attributes=[attribute("exception.type", stringValue="ValueError")])
    found = parse(of(*calm, record(severityNumber=24), record(severityNumber=0, severityText="Error"), raised))
    assert [one.severity for one in found.signals] == [Severity.CRITICAL, Severity.ERROR, Severity.ERROR]
    assert not found.left_out


def test_a_repeat_of_the_same_bytes_is_the_same_delivery_and_another_record_is_not() -> None:
    keys = [parse(of(record(timeUnixNano=stamp))).signals[0].delivery_key for stamp in ("1", "1", "2")]
    assert keys[0] == keys[1] != keys[2]


def test_a_structured_body_is_kept_as_json() -> None:
    pairs = [attribute("msg", stringValue="no"), attribute("n", intValue="-3"), attribute("f", doubleValue=0.5)]
    listed = {"arrayValue": {"values": [{"boolValue": True}, {"bytesValue": "AA=="}]}}
    body = {"kvlistValue": {"values": [*pairs, {"key": "list", "value": listed}]}}
    [signal] = parse(packed(of(record(body=body))), PROTOBUF).signals
    assert json.loads(str(signal.text)) == {"msg": "no", "n": "-3", "f": 0.5, "list": [True, "00"]}


def test_one_bad_record_among_good_ones_is_named_in_a_partial_success() -> None:
    given = delivery(of(record(), 7, record(timeUnixNano="5")))
    found = DEFINITION.parse(given)
    assert len(found.signals) == 2
    assert json.loads(answer(given, found).body) == {
        "partialSuccess": {"rejectedLogRecords": "1", "errorMessage": "record 2: no object"}
    }


def test_a_partial_success_is_what_an_exporter_reads() -> None:
    given = delivery(b"", PROTOBUF)
    left = [LeftOut(position=at, name="", reason="é" * 150, whole=True) for at in range(200)]
    told = ExportLogsServiceResponse.FromString(answer(given, Parsed(signals=[], left_out=left)).body)
    assert told.partial_success.rejected_log_records == 200
    assert told.partial_success.error_message.startswith("record 0: é")
    assert answer(given, Parsed(signals=[])).body == b""


def test_an_empty_export_is_nothing_and_another_signal_of_otlp_is_refused() -> None:
    assert parse(b"", PROTOBUF) == parse({}) == Parsed(signals=[], left_out=[])
    with pytest.raises(InputError, match="traces and metrics"):
        parse({"resourceSpans": []})


@pytest.mark.slow
def test_too_many_errors_at_once_are_counted_and_the_first_are_kept() -> None:
    found = parse(of(*(record(timeUnixNano=str(at)) for at in range(MOST_IN_BULK + 3))))
    assert (len(found.signals), len(found.left_out)) == (MOST_IN_BULK, 3)


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x05\x12",
        b"\x0b\x0c",
        b"\x0f",
        b"\x0a" * 8,
        b"\xff" * 20,
        packed(EXAMPLE)[:-5],
        b"\x0a\x00" * 300_000,
    ],
    ids=range(8),
)
def test_what_is_cut_off_too_deep_or_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        parse(body, PROTOBUF)


@pytest.mark.parametrize(
    "line",
    [
        "x" * 1_000_000,
        "\x1b[31mred\x1b[0m\x00\x07",
        "a" * 40_000 + "!",
        "(" * 30_000,
        "0." * 20_000,
        "\ud800",
        '"' * 9_999,
    ],
    ids=["1 MB", "ANSI", "a!", "open", "digits", "surrogate", "quotes"],
)
def test_a_hostile_line_costs_little_and_can_be_stored(line: str) -> None:
    began = time.process_time()
    [signal] = parse(of(record(body={"stringValue": line}))).signals
    assert time.process_time() - began < 1
    str(signal.text).encode()
    assert len(str(signal.text)) <= 65_536
    assert "\x00" not in str(signal.text)


def test_what_the_library_reads_of_a_captured_export_is_what_is_read_here() -> None:
    body = json.loads((DATA / "otlp-logs.json").read_text())
    again = MessageToDict(ExportLogsServiceRequest.FromString(packed(body)), use_integers_for_enums=True)
    assert [one.text for one in parse(packed(body), PROTOBUF).signals] == [one.text for one in parse(again).signals]
