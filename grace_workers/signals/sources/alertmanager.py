"""Alerts as Alertmanager and similar senders send them: Grafana, Mimir, and the rulers of Prometheus and vmalert.

The shape decides, not the `version`, which each sender counts for itself. A webhook is an object with `alerts`; a ruler
sends the list alone, without a status. Alertmanager retries only on 5xx, may send one group many times and from several
peers, and adds fields between releases; so a delivery is identified by fingerprint, start and status, and unknown
fields are ignored. The sender cannot correct the content of an alert, so an alert that cannot be accepted does not
affect the others.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.limits import LONGEST_NAME, MOST_IN_BULK, brief, fitted
from grace_workers.signals.signal import TARGET_LABELS, Signal, SignalStatus
from grace_workers.signals.signature import identifying, sign
from grace_workers.signals.source import (
    ClientConfig,
    LeftOut,
    Parsed,
    Source,
    SourceExample,
    named_target,
    not_later,
    severity_of,
)

_WHAT = "alertmanager webhook"
_UNNAMED = "unnamed alert"
_TELLING = ("summary", "message", "description")
_FIRST = (*TARGET_LABELS, "alertname", "severity", "priority")
_TIME = TypeAdapter(datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The parts of a delivery that apply to all of its alerts."""

    key: str
    truncated: int
    received_at: datetime


def fits(delivery: Delivery) -> bool:
    """Return whether the body has the shape of such alerts."""
    body = delivery.json
    if isinstance(body, list):
        return bool(body) and all(isinstance(alert, dict) and "labels" in alert for alert in body)
    return isinstance(body, dict) and isinstance(body.get("alerts"), list)


def parse(delivery: Delivery) -> Parsed:
    """Return one signal for each alert that can be accepted, and what was left out.

    Raises:
        InputError: the body has no alerts.
    """
    body = delivery.json
    envelope: Mapping[str, Any] = body if isinstance(body, dict) else {"alerts": body}
    alerts = envelope.get("alerts")
    if not isinstance(alerts, list):
        raise InputError(f"{_WHAT}: no list of alerts; send an object with `alerts`, as Alertmanager does")
    truncated = envelope.get("truncatedAlerts")
    group = _Group(
        key=brief(envelope.get("groupKey")),
        truncated=truncated if isinstance(truncated, int) else 0,
        received_at=delivery.received_at,
    )
    signals: list[Signal] = []
    left_out: list[LeftOut] = []
    for position, alert in enumerate(alerts[:MOST_IN_BULK], 1):
        try:
            signal, said = _signal(alert, group)
        except InputError as error:
            left_out.append(LeftOut(position=position, name=_name_of(alert), reason=str(error), whole=True))
            continue
        signals.append(signal)
        left_out += [LeftOut(position=position, name=signal.name, reason=words, whole=False) for words in said]
    if len(alerts) > MOST_IN_BULK:
        reason = (
            f"{len(alerts) - MOST_IN_BULK} alerts dropped from here on: at most {MOST_IN_BULK} are "
            f"accepted; set max_alerts"
        )
        left_out.append(LeftOut(position=MOST_IN_BULK + 1, name="", reason=reason, whole=True))
    return Parsed(signals=signals, left_out=left_out)


def _signal(alert: JsonValue, group: _Group) -> tuple[Signal, Sequence[str]]:
    """Return the signal of one alert and what had to be left out of it. Raises InputError when it is not an alert."""
    if not isinstance(alert, dict) or not isinstance(alert.get("labels"), dict):
        raise InputError("not an alert: it must be an object with labels")
    labels, cut = fitted(_pairs(alert, "labels"), "label", _FIRST)
    annotations, also = fitted(_pairs(alert, "annotations"), "annotation", _TELLING)
    starts_at = _time(alert.get("startsAt"), group.received_at)
    said = [*cut, *also] + ([] if starts_at else ["startsAt is not a time since 1970, so the time of arrival is used"])
    status = _status(alert, group.received_at)
    began = starts_at or group.received_at
    name = labels.get("alertname", "")[:LONGEST_NAME] or _UNNAMED
    fingerprint = brief(alert.get("fingerprint"))[:LONGEST_NAME] or _fingerprint(labels)
    attributes: dict[str, JsonValue] = {
        "annotations": dict(annotations),
        "fingerprint": fingerprint,
        "group_key": group.key,
        "generator_url": brief(alert.get("generatorURL")),
        "truncated_alerts": group.truncated,
    }
    signal = Signal(
        source="alertmanager",
        name=name,
        target=named_target(labels),
        severity=severity_of(labels.get("severity") or labels.get("priority") or ""),
        status=status,
        summary=next((annotations[key] for key in _TELLING if annotations.get(key)), name),
        labels=labels,
        attributes=attributes | ({"left_out": list(said)} if said else {}),
        signature=sign(name, labels=identifying(labels)),
        delivery_key=f"alertmanager:{fingerprint}:{began.isoformat()}:{status}",
        # A repeat says that the condition holds now, whenever it began.
        observed_at=group.received_at,
        member=fingerprint,
        began_at=not_later(began, group.received_at, _WHAT),
    )
    return signal, said


def _pairs(alert: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    found = alert.get(name)
    return found if isinstance(found, dict) else {}


def _status(alert: Mapping[str, JsonValue], received_at: datetime) -> SignalStatus:
    """Return the alert's status; without one, whether its end has passed, as rulers report it."""
    said = alert.get("status")
    if said is None:
        ended = _time(alert.get("endsAt"), received_at)
        return SignalStatus.RESOLVED if ended and ended <= received_at else SignalStatus.FIRING
    try:
        return SignalStatus(brief(said).lower())
    except ValueError as error:
        raise InputError(f"status {brief(said)[:80]!r} is neither firing nor resolved") from error


def _time(text: JsonValue, received_at: datetime) -> datetime | None:
    """Return a sender's time, or None if there is none: Alertmanager writes year 1 for "has not ended"."""
    if not isinstance(text, str) or len(text) > LONGEST_NAME:
        return None
    try:
        moment = _TIME.validate_python(text)
        not_later(moment, received_at, _WHAT)
    except (ValidationError, InputError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=received_at.tzinfo)


def _name_of(alert: JsonValue) -> str:
    labels = _pairs(alert, "labels") if isinstance(alert, dict) else {}
    return brief(labels.get("alertname"))[:LONGEST_NAME]


def _fingerprint(labels: Mapping[str, str]) -> str:
    """Return a replacement for the fingerprint if the sender sends none."""
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


_EXAMPLE = b"""{
  "version": "4",
  "groupKey": "{}:{alertname=\\"TargetDown\\"}",
  "alerts": [
    {
      "status": "firing",
      "labels": {"alertname": "TargetDown", "grace_target": "shop-web", "severity": "critical"},
      "annotations": {"summary": "shop-web is down"},
      "startsAt": "2026-01-01T00:00:00Z",
      "endsAt": "0001-01-01T00:00:00Z",
      "fingerprint": "0123456789abcdef"
    }
  ]
}"""
_CLIENT = """# alertmanager.yml
receivers:
  - name: grace
    webhook_configs:
      - url: http://127.0.0.1:8642/api/v1/signals/alertmanager
        send_resolved: true
        max_alerts: 1000
        http_config:
          authorization: { credentials: "<a reporter's token>" }
"""

DEFINITION = Source(
    name="alertmanager",
    summary="Alerts of Alertmanager, Grafana, Mimir, Prometheus and vmalert",
    parse=parse,
    example=SourceExample(body=_EXAMPLE),
    client=ClientConfig(language="yaml", text=_CLIENT),
    below=("api/v2/alerts",),
    family="alerts",
    fits=fits,
    heeds_only_5xx=True,
)
