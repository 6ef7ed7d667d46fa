"""The Prometheus Alertmanager webhook, version 4.

Alertmanager retries only on 5xx, may send one group many times and from several peers, and adds fields between
releases; so a delivery is known by fingerprint, start and status, and unknown fields are ignored.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from grace_workers.foundation.document import JsonValue, Lenient
from grace_workers.foundation.errors import InputError
from grace_workers.signals.limits import LONGEST_NAME, MOST_ALERTS, check_body, check_labels
from grace_workers.signals.signal import Signal, SignalStatus
from grace_workers.signals.signature import identifying, sign
from grace_workers.signals.source import Source, named_target, not_later, severity_of

_WHAT = "alertmanager webhook"
_UNNAMED = "unnamed alert"


class _Alert(Lenient):
    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime | None = Field(default=None, alias="endsAt")
    generator_url: str = Field(default="", alias="generatorURL")
    fingerprint: str = ""


class _Webhook(Lenient):
    version: Literal["4"]
    group_key: str = Field(default="", alias="groupKey")
    receiver: str = ""
    external_url: str = Field(default="", alias="externalURL")
    truncated: int = Field(default=0, alias="truncatedAlerts")
    alerts: list[_Alert]


def parse(body: JsonValue, headers: Mapping[str, str], received_at: datetime) -> Sequence[Signal]:  # noqa: ARG001 - one shape for all sources
    """Return one signal for each alert.

    Raises:
        InputError: the body is not such a webhook, or passes a limit.
    """
    check_body(body, _WHAT)
    webhook = _Webhook.read(body, _WHAT)
    if len(webhook.alerts) > MOST_ALERTS:
        raise InputError(f"{_WHAT}: {len(webhook.alerts)} alerts; set max_alerts to {MOST_ALERTS} or fewer")
    return [_signal(alert, webhook, received_at) for alert in webhook.alerts]


def _signal(alert: _Alert, webhook: _Webhook, received_at: datetime) -> Signal:
    check_labels(alert.labels, f"{_WHAT} labels")
    check_labels(alert.annotations, f"{_WHAT} annotations")
    name = alert.labels.get("alertname", "")[:LONGEST_NAME] or _UNNAMED
    return Signal(
        source="alertmanager",
        name=name,
        target=named_target(alert.labels),
        severity=severity_of(alert.labels.get("severity") or alert.labels.get("priority") or ""),
        status=SignalStatus(alert.status),
        summary=_summary(alert, name),
        labels=alert.labels,
        attributes={
            "annotations": dict(alert.annotations),
            "fingerprint": _fingerprint(alert),
            "ended_at": alert.ends_at.isoformat() if alert.ends_at and alert.ends_at.year > 1 else None,
            "group_key": webhook.group_key,
            "generator_url": alert.generator_url,
            "truncated_alerts": webhook.truncated,
        },
        signature=sign(name, labels=identifying(alert.labels)),
        delivery_key=f"alertmanager:{_fingerprint(alert)}:{alert.starts_at.isoformat()}:{alert.status}",
        # A repeat says that the condition holds now, whenever it began.
        observed_at=received_at,
        member=_fingerprint(alert),
        began_at=not_later(alert.starts_at, received_at, _WHAT),
    )


def _summary(alert: _Alert, name: str) -> str:
    found = (alert.annotations.get(key) for key in ("summary", "message", "description"))
    return next((text for text in found if text), name)


def _fingerprint(alert: _Alert) -> str:
    """Return the sender's fingerprint; one made of the labels where it sends none."""
    made = hashlib.sha256(json.dumps(alert.labels, sort_keys=True).encode()).hexdigest()[:16]
    return alert.fingerprint[:LONGEST_NAME] or made


DEFINITION = Source(
    name="alertmanager",
    summary="Prometheus Alertmanager webhook, version 4",
    parse=parse,
)
