"""PagerDuty's Events API v2: `trigger`, `acknowledge` and `resolve`, identified by `dedup_key`.

A `resolve` repeats only the key, so it continues the signal of the key's `trigger`. An acknowledgement says that a
person is looking at it; it neither opens nor ends anything here.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.foreign import items, moment, name_at, pruned, table, word
from grace_workers.signals.limits import LONGEST_NAME, fitted
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal, SignalStatus
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

_WHAT = "pagerduty event"
_ACTIONS = ("trigger", "acknowledge", "resolve")
_ACKNOWLEDGED = "an acknowledgement opens nothing and ends nothing; the incident goes on"


def parse(delivery: Delivery) -> Parsed:
    """Return the one signal of an event.

    Raises:
        InputError: it is not an event of version 2; the message says what is missing.
    """
    event = delivery.json
    if not isinstance(event, dict):
        raise InputError(f"{_WHAT}: it must be an object; send what the Events API v2 takes")
    action = word(event, "event_action")
    if action not in _ACTIONS:
        raise InputError(f"{_WHAT}: event_action {action[:80]!r} is none of {', '.join(_ACTIONS)}")
    key = dedup_key(delivery)
    if action == "acknowledge":
        return Parsed(signals=(), left_out=[LeftOut(position=1, name=key, reason=_ACKNOWLEDGED, whole=False)])
    if action == "resolve":
        if not word(event, "dedup_key"):
            raise InputError(f"{_WHAT}: a resolve without a dedup_key; send the key of its trigger")
        return Parsed(signals=[_end(key, delivery.received_at)])
    signal, said = _begin(event, key, delivery.received_at)
    left_out = [LeftOut(position=1, name=signal.name, reason=words, whole=False) for words in said]
    return Parsed(signals=[signal], left_out=left_out)


def dedup_key(delivery: Delivery) -> str:
    """Return the event's key; if the sender gives none, one made from the event."""
    given = name_at(delivery.json, "dedup_key")
    return given or hashlib.sha256(delivery.body).hexdigest()[:32]


def _begin(event: Mapping[str, JsonValue], key: str, received_at: datetime) -> tuple[Signal, list[str]]:
    payload = table(event, "payload")
    summary = word(payload, "summary")
    if not summary:
        raise InputError(f"{_WHAT}: a trigger without payload.summary; say in a sentence what is wrong")
    details, said = fitted(_scalars(table(payload, "custom_details")), "custom detail", TARGET_LABELS)
    own = {
        "instance": word(payload, "source"),
        "service": word(payload, "component"),
        "group": word(payload, "group"),
        "class": word(payload, "class"),
    }
    labels = {name: value for name, value in own.items() if value} | details
    kind = name_at(payload, "class")
    signal = Signal(
        source="pagerduty",
        name=kind or summary[:LONGEST_NAME],
        target=named_target(labels) or _target(own["instance"]),
        severity=severity_of(word(payload, "severity")),
        summary=summary,
        labels=labels,
        attributes={
            "custom_details": pruned(payload.get("custom_details")),
            "client": word(event, "client"),
            "client_url": word(event, "client_url"),
            "links": pruned(list(items(event, "links"))),
        },
        signature=sign(kind or summary, labels={name: own[name] for name in ("group",) if own[name]}),
        delivery_key=_key(key, SignalStatus.FIRING),
        # A repeated trigger says that the condition holds now, whenever it began.
        observed_at=received_at,
        member=key,
        began_at=moment(payload.get("timestamp"), received_at),
    )
    return signal, said


def _end(key: str, received_at: datetime) -> Signal:
    return Signal(
        source="pagerduty",
        name="resolve",
        target=None,
        severity=Severity.INFO,
        status=SignalStatus.RESOLVED,
        summary=f"{key} is resolved",
        signature=sign("resolve"),
        delivery_key=_key(key, SignalStatus.RESOLVED),
        observed_at=received_at,
        member=key,
        continues=_key(key, SignalStatus.FIRING),
    )


def _key(key: str, status: SignalStatus) -> str:
    return f"pagerduty:{key}:{status}"


def _target(name: str) -> TargetName | None:
    return TargetName(name[:LONGEST_NAME]) if name else None


def _scalars(details: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return {name: value for name, value in details.items() if isinstance(value, str | int | float)}


def answer(delivery: Delivery, parsed: Parsed) -> Answer:
    """Answer as PagerDuty does, with the key for later events."""
    del parsed
    told = {"status": "success", "message": "Event processed", "dedup_key": dedup_key(delivery)}
    return Answer(status=202, content_type="application/json", body=json.dumps(told).encode())


_EXAMPLE = b"""{
  "routing_key": "R0000000000000000000000000000000",
  "event_action": "trigger",
  "dedup_key": "shop-web/disk",
  "payload": {
    "summary": "Disk of web-01 is 97 % full",
    "source": "web-01",
    "severity": "critical",
    "component": "shop-web",
    "group": "prod",
    "class": "disk full",
    "custom_details": {"free": "1.2 GiB"}
  }
}"""
_CLIENT = """# Any client of the Events API v2 whose address can be set. The token goes where the client can put it:
# into the header Authorization, ?token=, or before the host. The routing key is ignored.

# alertmanager.yml
receivers:
  - name: grace
    pagerduty_configs:
      - url: http://127.0.0.1:8642/v2/enqueue
        routing_key: grace
        http_config:
          authorization: { credentials: "<a reporter's token>" }

# Python, pdpyras
session = pdpyras.EventsAPISession("grace")
session.url = "http://token:<a reporter's token>@127.0.0.1:8642/api/v1/signals/pagerduty"
session.trigger("Disk is full", "web-01", dedup_key="web-01/disk", severity="critical")
"""

DEFINITION = Source(
    name="pagerduty",
    summary="Events of PagerDuty's Events API v2",
    parse=parse,
    example=SourceExample(body=_EXAMPLE, path="v2/enqueue"),
    client=ClientConfig(language="text", text=_CLIENT),
    below=("v2/enqueue",),
    rooted=True,
    credential=basic_credential,
    answer=answer,
)
