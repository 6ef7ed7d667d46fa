"""CloudEvents 1.0 over HTTP: structured, as a batch, and binary.

An event is a signal when it says that something is wrong, or that it ended: by a severity or a status, as an extension
attribute or in its data, or by the last words of its type (`com.example.backup.failed`, `….recovered`). Any other event
is mentioned in the answer and changes nothing, so a whole stream of events may be sent here. `source` and `id` identify
a repeat.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery, UnreadableError, tolerant_json
from grace_workers.signals.foreign import moment, name_at, pruned, table, word
from grace_workers.signals.limits import LONGEST_NAME, LONGEST_STRING, MOST_IN_BULK, fitted, storable
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign
from grace_workers.signals.source import (
    ClientConfig,
    LeftOut,
    Parsed,
    Source,
    SourceExample,
    named_target,
    severity_of,
)

_WHAT = "cloud event"
_ONE, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_HEADER = "ce-"
_REQUIRED = ("id", "source", "type")
_NUMBER = re.compile(r"[0-9]+")
_WORDS = re.compile(r"[A-Za-z]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WRONG = frozenset(
    {"alert", "alerting", "broken", "crash", "crashed", "critical", "degraded", "down", "error", "errored", "exceeded"}
    | {"exhausted", "failed", "failing", "failure", "fault", "firing", "timeout", "triggered", "unavailable"}
    | {"unhealthy"}
)
_RIGHT = frozenset(
    {"available", "closed", "fixed", "healthy", "ok", "passed", "recovered", "recovery", "resolved", "restored"}
    | {"succeeded", "success", "successful", "up"}
)
_TELLING = ("stack_trace", "stacktrace", "traceback", "exception", "error", "message", "msg", "reason", "summary")


@dataclass(frozen=True, slots=True)
class _Event:
    """One event: its attributes, its data as JSON, and the data as text if it is not JSON."""

    attributes: Mapping[str, JsonValue]
    data: JsonValue
    text: str = ""


def parse(delivery: Delivery) -> Parsed:
    """Return one signal for each event that says something is wrong or has ended.

    Raises:
        InputError: it is not an event of this version in one of the three modes.
    """
    if delivery.content_type == _BATCH:
        return _batch(delivery)
    event = _structured(delivery.json) if delivery.content_type == _ONE else _binary(delivery)
    return _one(event, 1, delivery.received_at)


def _batch(delivery: Delivery) -> Parsed:
    body = delivery.json
    if not isinstance(body, list):
        raise InputError(f"{_WHAT}s: a batch must be a list; send one event as {_ONE}")
    signals: list[Signal] = []
    left_out: list[LeftOut] = []
    for position, raw in enumerate(body[:MOST_IN_BULK], 1):
        try:
            found = _one(_structured(raw), position, delivery.received_at)
        except InputError as error:
            left_out.append(LeftOut(position=position, name=name_at(raw, "type"), reason=str(error), whole=True))
            continue
        signals += found.signals
        left_out += found.left_out
    if len(body) > MOST_IN_BULK:
        reason = (
            f"{len(body) - MOST_IN_BULK} events from here on: at most {MOST_IN_BULK} are taken, send several batches"
        )
        left_out.append(LeftOut(position=MOST_IN_BULK + 1, name="", reason=reason, whole=True))
    return Parsed(signals=signals, left_out=left_out)


def _structured(raw: JsonValue) -> _Event:
    if not isinstance(raw, dict):
        raise InputError(f"{_WHAT}: it must be an object with id, source, type and specversion")
    attributes = {name: value for name, value in raw.items() if name not in {"data", "data_base64"}}
    data = raw.get("data")
    return _Event(attributes, data, data if isinstance(data, str) else "")


def _binary(delivery: Delivery) -> _Event:
    attributes = {
        name.removeprefix(_HEADER): unquote(value, errors="replace")
        for name, value in delivery.headers.items()
        if name.startswith(_HEADER)
    }
    if not attributes:
        raise InputError(f"{_WHAT}: neither {_ONE} nor headers such as ce-type; send one of the three modes of HTTP")
    text = delivery.body.decode(errors="replace")
    kind = delivery.content_type
    if not delivery.body or (kind and not kind.endswith(("/json", "+json"))):
        return _Event(attributes, None, text)
    try:
        return _Event(attributes, tolerant_json(delivery.body))
    except UnreadableError:
        if kind:
            raise
        # Without a type, the data may be anything.
        return _Event(attributes, None, text)


def _one(event: _Event, position: int, received_at: datetime) -> Parsed:
    attributes = event.attributes
    version = word(attributes, "specversion")
    if version != "1.0":
        raise InputError(f"{_WHAT}: specversion {version[:20]!r}; only 1.0 is read")
    missing = [name for name in _REQUIRED if not word(attributes, name)]
    if missing:
        raise InputError(f"{_WHAT}: no {missing[0]}; id, source and type are required")
    kind = name_at(attributes, "type")
    status = _status(event, kind)
    if status is None:
        reason = "it says neither that something is wrong nor that it ended; set the extension attribute `severity`"
        return Parsed(signals=(), left_out=[LeftOut(position=position, name=kind, reason=reason, whole=False)])
    signal, said = _signal(event, kind, status, received_at)
    return Parsed(
        signals=[signal], left_out=[LeftOut(position=position, name=kind, reason=one, whole=False) for one in said]
    )


def _signal(event: _Event, kind: str, status: SignalStatus, received_at: datetime) -> tuple[Signal, list[str]]:
    attributes = event.attributes
    labels, said = fitted(_labels(event), "attribute", TARGET_LABELS)
    origin, subject = word(attributes, "source"), word(attributes, "subject")
    text = _text(event)
    stem = _stem(kind)
    signal = Signal(
        source="cloudevents",
        name=kind,
        target=named_target(labels) or _target(origin),
        severity=_severity(event, status),
        status=status,
        summary=next((line for line in text.splitlines() if line.strip()), kind)[:LONGEST_STRING],
        text=text or None,
        labels=labels,
        attributes={"source": origin, "subject": subject, "type": kind, "data": pruned(event.data)},
        signature=sign(stem, labels={"source": _NUMBER.sub("N", origin)}),
        delivery_key=f"cloudevents:{origin}:{word(attributes, 'id')}",
        observed_at=moment(attributes.get("time"), received_at) or received_at,
        member=subject[:LONGEST_NAME],
    )
    return signal, said


def _status(event: _Event, kind: str) -> SignalStatus | None:
    """Return what the event says about its condition: by its status, else by its type, else by its severity."""
    said = word(event.attributes, "status") or word(event.data, "status") or word(event.data, "state")
    for words in (_words(said), _words(kind)[-2:]):
        if _RIGHT.intersection(words[-1:]):
            return SignalStatus.RESOLVED
        if _WRONG.intersection(words):
            return SignalStatus.FIRING
    return SignalStatus.FIRING if _severity_word(event) else None


def _severity(event: _Event, status: SignalStatus) -> Severity:
    given = _severity_word(event)
    if given:
        return severity_of(given)
    return Severity.ERROR if status is SignalStatus.FIRING else Severity.INFO


def _severity_word(event: _Event) -> str:
    return word(event.attributes, "severity") or word(event.data, "severity")


def _stem(kind: str) -> str:
    """Return the type without the word for the result, so that an end matches its beginning."""
    stem, _, last = kind.rpartition(".")
    return stem if stem and (_RIGHT | _WRONG).intersection(_words(last)) else kind


def _words(text: str) -> list[str]:
    return [one.casefold() for one in _WORDS.findall(_CAMEL.sub(" ", text))]


def _labels(event: _Event) -> Mapping[str, JsonValue]:
    given = table(event.data)
    found = {name: given[name] for name in TARGET_LABELS if isinstance(given.get(name), str)}
    target = word(event.attributes, "gracetarget")
    named = {"grace_target": target} if target else {}
    subject = word(event.attributes, "subject")
    return named | found | ({"subject": subject} if subject else {})


def _target(origin: str) -> TargetName | None:
    """Return the last part of the source's address, such as `/ci/shop`."""
    last = origin.rstrip("/").rpartition("/")[2][:LONGEST_NAME]
    return TargetName(last) if last else None


def _text(event: _Event) -> str:
    if event.text:
        return storable(event.text)
    given = table(event.data)
    found = [value for name in _TELLING if isinstance(value := given.get(name), str) and value.strip()]
    return storable("\n".join(dict.fromkeys(reversed(found[:2]))))


_EXAMPLE = {
    "specversion": "1.0",
    "id": "b-1042",
    "source": "/backups/shop-db",
    "type": "com.example.backup.failed",
    "subject": "nightly",
    "time": "2026-11-21T08:00:00Z",
    "datacontenttype": "application/json",
    "severity": "critical",
    "data": {"service": "shop-db", "error": "no space left on device"},
}
_CLIENT = """from cloudevents.core.bindings.http import to_structured_event
from cloudevents.core.v1.event import CloudEvent

event = CloudEvent(
    {"type": "com.example.backup.failed", "source": "/backups/shop-db", "severity": "critical"},
    {"error": "no space left on device"},
)
message = to_structured_event(event)
requests.post(
    "http://127.0.0.1:8642/api/v1/signals/cloudevents", data=message.body,
    headers={**message.headers, "Authorization": f"Bearer {token}"},
)
"""

DEFINITION = Source(
    name="cloudevents",
    summary="Events as CloudEvents 1.0: structured, binary, and in batches",
    parse=parse,
    example=SourceExample(body=json.dumps(_EXAMPLE, indent=2).encode(), content_type=_ONE),
    client=ClientConfig(language="python", text=_CLIENT),
    content_types=(_ONE, _BATCH, "application/*", "text/plain", "text/xml", ""),
    credential=basic_credential,
)
