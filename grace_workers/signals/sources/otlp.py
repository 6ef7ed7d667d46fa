"""Logs as OpenTelemetry's exporters send them: OTLP over HTTP, as Protocol Buffers or JSON.

Records at ERROR and above, and those with an exception, become signals; others are accepted and ignored, so a whole log
may be sent here. An exporter sends the same bytes again when it got no answer, so a record is identified by its whole
content.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.foreign import items, moment, name_at, pruned, table, word
from grace_workers.signals.limits import LONGEST_LABEL, LONGEST_NAME, LONGEST_STRING, MOST_IN_BULK, fitted, storable
from grace_workers.signals.otlp_schema import LOGS
from grace_workers.signals.protobuf import read
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal
from grace_workers.signals.signature import sign
from grace_workers.signals.source import (
    Answer,
    ClientConfig,
    LeftOut,
    Parsed,
    Source,
    SourceExample,
    named_target,
    severity_of,
)

_WHAT = "otlp logs"
_PROTOBUF = "application/x-protobuf"
_ERROR, _FATAL = 17, 21
_LEVELS = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21}
_NAMED = {
    "grace_target": "grace.target",
    "service": "service.name",
    "namespace": "service.namespace",
    "version": "service.version",
    "environment": "deployment.environment.name",
    "host": "host.name",
    "pod": "k8s.pod.name",
    "container": "k8s.container.name",
}
_MEMBER = ("service.instance.id", "k8s.pod.name", "host.name")
_DIGITS = 20


@dataclass(frozen=True, slots=True)
class _Origin:
    """The origin of a record: what is known about the resource, and the logger's name."""

    resource: Mapping[str, JsonValue]
    scope: str


def parse(delivery: Delivery) -> Parsed:
    """Return one signal for each record that reports an error.

    Raises:
        InputError: it is not an export of logs.
    """
    packed = delivery.content_type == _PROTOBUF
    body = read(delivery.body, LOGS) if packed else delivery.json
    if not isinstance(body, dict) or not isinstance(body.get("resourceLogs", []), list):
        raise InputError(f"{_WHAT}: no list of resourceLogs; send what an OTLP exporter sends")
    if not packed and "resourceLogs" not in body and body:
        raise InputError(f"{_WHAT}: no resourceLogs; traces and metrics are not taken here")
    signals: list[Signal] = []
    left_out: list[LeftOut] = []
    for position, (record, origin) in enumerate(_records(body), 1):
        if not isinstance(record, dict):
            left_out.append(LeftOut(position=position, name=origin.scope, reason="no object", whole=True))
        elif _is_error(record):
            if len(signals) >= MOST_IN_BULK:
                reason = f"more than {MOST_IN_BULK} errors at once; export smaller batches"
                left_out.append(LeftOut(position=position, name=origin.scope, reason=reason, whole=True))
                continue
            signals.append(_signal(record, origin, delivery.received_at))
    return Parsed(signals=signals, left_out=left_out)


def _records(body: Mapping[str, JsonValue]) -> Iterator[tuple[JsonValue, _Origin]]:
    for resource in items(body, "resourceLogs"):
        known = _attributes(table(resource, "resource"))
        for scope in items(resource, "scopeLogs"):
            origin = _Origin(known, name_at(scope, "scope", "name"))
            for record in items(scope, "logRecords"):
                yield record, origin


def _signal(record: Mapping[str, JsonValue], origin: _Origin, received_at: datetime) -> Signal:
    known = _attributes(record)
    labels, _ = fitted(_labels(origin.resource), "attribute", TARGET_LABELS)
    level = word(record, "severityText") or "ERROR"
    body = _text(_value(table(record, "body")))
    stack = known.get("exception.stacktrace")
    raised = _text(stack) or ": ".join(filter(None, (word(known, "exception.type"), word(known, "exception.message"))))
    text = storable("\n".join(part for part in (body[: LONGEST_STRING // 4], raised) if part)[-LONGEST_STRING:])
    name = f"{level} {origin.scope}".strip()[:LONGEST_NAME]
    said = next((line for line in text.splitlines() if line.strip()), name)
    service = labels.get("service", "")
    return Signal(
        source="otlp",
        name=name,
        target=named_target(labels) or (TargetName(service) if service else None),
        severity=_severity(record, level),
        summary=said[:LONGEST_LABEL],
        text=text or None,
        labels=labels,
        attributes={
            "attributes": pruned({name: value for name, value in known.items() if name != "exception.stacktrace"}),
            "trace_id": word(record, "traceId"),
            "span_id": word(record, "spanId"),
        },
        signature=sign(name, text=text or None),
        delivery_key=f"otlp:{_digest([origin.resource, origin.scope, record])}",
        observed_at=_time(record, received_at),
        member=next((word(origin.resource, key) for key in _MEMBER if word(origin.resource, key)), "")[:LONGEST_NAME],
    )


def _is_error(record: Mapping[str, JsonValue]) -> bool:
    return _number(record) >= _ERROR or any(
        word(one, "key") in {"exception.type", "exception.stacktrace"} for one in items(record, "attributes")
    )


def _number(record: Mapping[str, JsonValue]) -> int:
    """Return the severity as a number from 1 to 24; 0 if none is given or known."""
    number = word(record, "severityNumber")
    if number.isascii() and number.isdecimal() and len(number) <= _DIGITS and int(number):
        return int(number)
    named = number if number.startswith("SEVERITY") else word(record, "severityText")
    return _LEVELS.get(named.removeprefix("SEVERITY_NUMBER_").rstrip("234").upper(), 0)


def _severity(record: Mapping[str, JsonValue], level: str) -> Severity:
    number = _number(record)
    if number >= _FATAL:
        return Severity.CRITICAL
    return Severity.ERROR if number >= _ERROR else severity_of(level)


def _time(record: Mapping[str, JsonValue], received_at: datetime) -> datetime:
    for key in ("timeUnixNano", "observedTimeUnixNano"):
        given = word(record, key)
        if given.isascii() and given.isdecimal() and len(given) <= _DIGITS and int(given):
            return moment(int(given) / 1e9, received_at) or received_at
    return received_at


def _attributes(holder: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name_at(pair, "key"): _value(table(pair, "value")) for pair in items(holder, "attributes")}


def _value(value: Mapping[str, JsonValue]) -> JsonValue:
    """Return the one value that OTLP wraps by its type."""
    for key, held in value.items():
        match key:
            case "arrayValue":
                return [_value(table(one)) for one in items(held, "values")]
            case "kvlistValue":
                return {name_at(one, "key"): _value(table(one, "value")) for one in items(held, "values")}
            case "intValue":
                return word(value, key)
            case _:
                return held
    return None


def _labels(resource: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    found = {label: word(resource, key) for label, key in _NAMED.items()}
    found["environment"] = found["environment"] or word(resource, "deployment.environment")
    return {label: value for label, value in found.items() if value}


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(pruned(value))


def _digest(said: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def answer(delivery: Delivery, parsed: Parsed) -> Answer:
    """Report how many records were rejected and why, in the encoding of the request."""
    unread = [one for one in parsed.left_out if one.whole]
    why = f"record {unread[0].position}: {unread[0].reason}"[:LONGEST_NAME] if unread else ""
    if delivery.content_type == _PROTOBUF:
        return Answer(status=200, content_type=_PROTOBUF, body=_partial(len(unread), why.encode()))
    told = {"partialSuccess": {"rejectedLogRecords": str(len(unread)), "errorMessage": why}} if unread else {}
    return Answer(status=200, content_type="application/json", body=json.dumps(told).encode())


def _partial(count: int, why: bytes) -> bytes:
    """Return an ExportLogsServiceResponse; an empty one says that every record was accepted."""
    if not count:
        return b""
    inner = b"\x08" + _varint(count) + b"\x12" + _varint(len(why)) + why
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


_EXAMPLE = b"""{
  "resourceLogs": [
    {
      "resource": {
        "attributes": [
          {"key": "service.name", "value": {"stringValue": "shop-web"}},
          {"key": "host.name", "value": {"stringValue": "web-01"}}
        ]
      },
      "scopeLogs": [
        {
          "scope": {"name": "shop.payments"},
          "logRecords": [
            {
              "timeUnixNano": "1795248000000000000",
              "severityNumber": 17,
              "severityText": "ERROR",
              "body": {"stringValue": "payment gateway timeout after 3000 ms"},
              "attributes": [{"key": "order_id", "value": {"intValue": "77"}}]
            }
          ]
        }
      ]
    }
  ]
}"""
_CLIENT = """# The environment of a program with an OTLP exporter for logs; a Collector's otlphttp exporter is similar.
OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://127.0.0.1:8642/v1/logs
OTEL_EXPORTER_OTLP_LOGS_HEADERS="Authorization=Bearer%20<a reporter's token>"
OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf
OTEL_RESOURCE_ATTRIBUTES=service.name=shop-web

# Below the source's address it is http://127.0.0.1:8642/api/v1/signals/otlp/v1/logs
"""

DEFINITION = Source(
    name="otlp",
    summary="Logs of OpenTelemetry, by OTLP over HTTP",
    parse=parse,
    example=SourceExample(body=_EXAMPLE, path="v1/logs"),
    client=ClientConfig(language="sh", text=_CLIENT),
    content_types=(_PROTOBUF, "application/json"),
    below=("v1/logs",),
    rooted=True,
    credential=basic_credential,
    answer=answer,
)
