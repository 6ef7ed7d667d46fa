"""Webhooks of Sentry's internal integrations: issue alerts, issues, errors and metric alerts, signed by client secret.

All deliveries about one issue are one condition: later ones continue the first, whatever they repeat of it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.basic_credential import basic_credential
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.foreign import items, moment, name_at, table, word
from grace_workers.signals.limits import LONGEST_NAME
from grace_workers.signals.sentry_event import event_signal
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign
from grace_workers.signals.signing import check_digest, hmac_sha256
from grace_workers.signals.source import ClientConfig, LeftOut, Parsed, Source, SourceExample, severity_of

_WHAT = "sentry webhook"
_BEGINS = frozenset({"created", "unresolved"})
_ENDS = frozenset({"resolved", "archived", "ignored"})


def parse(delivery: Delivery) -> Parsed:
    """Return the one signal of a delivery, or none if it reports no condition.

    Raises:
        InputError: it is not such a webhook.
    """
    body = delivery.json
    data = table(body, "data")
    action = word(body, "action")
    if not isinstance(body, dict) or not action:
        raise InputError(f"{_WHAT}: no action; send what an integration of Sentry sends")
    at = delivery.received_at
    event = table(data, "event") or table(data, "error")
    if event:
        return Parsed(signals=[_of_event(event, at)])
    if table(data, "metric_alert"):
        return Parsed(signals=[_of_metric(data, action, at)])
    issue = table(data, "issue")
    if issue and action in _BEGINS | _ENDS:
        return Parsed(signals=[_of_issue(issue, action, at)])
    said = f"{name_at(delivery.headers.get('sentry-hook-resource')) or 'delivery'} {action[:80]}: no condition"
    return Parsed(signals=(), left_out=[LeftOut(position=1, name=action[:LONGEST_NAME], reason=said, whole=False)])


def _of_event(event: Mapping[str, JsonValue], at: datetime) -> Signal:
    issue = word(event, "issue_id") or word(event, "groupID") or word(event, "event_id")
    found = event_signal(event, "sentry_webhook", _key(issue, SignalStatus.FIRING), at)
    attributes = {**found.attributes, "url": word(event, "web_url")}
    return replace(
        found,
        attributes=attributes,
        continues=found.delivery_key,
        member=issue[:LONGEST_NAME],
        # An alert says that the condition holds when it is sent, whenever the event was.
        observed_at=at,
        began_at=found.observed_at,
    )


def _of_issue(issue: Mapping[str, JsonValue], action: str, at: datetime) -> Signal:
    status = SignalStatus.FIRING if action in _BEGINS else SignalStatus.RESOLVED
    id_, title = word(issue, "id"), word(issue, "title") or "sentry issue"
    name = name_at(issue, "metadata", "type") or title[:LONGEST_NAME]
    project = name_at(issue, "project", "slug")
    return Signal(
        source="sentry_webhook",
        name=name,
        target=TargetName(project) if project else None,
        severity=severity_of(word(issue, "level") or "error"),
        status=status,
        summary=title,
        attributes={"culprit": word(issue, "culprit"), "url": word(issue, "web_url"), "issue": word(issue, "shortId")},
        signature=sign(name, labels={"culprit": word(issue, "culprit")}),
        delivery_key=_key(id_, status),
        observed_at=at,
        member=id_[:LONGEST_NAME],
        began_at=moment(issue.get("firstSeen"), at) if status is SignalStatus.FIRING else None,
        continues=_key(id_, SignalStatus.FIRING),
    )


def _of_metric(data: Mapping[str, JsonValue], action: str, at: datetime) -> Signal:
    alert = table(data, "metric_alert")
    ended = action in _ENDS
    name = name_at(alert, "alert_rule", "name") or name_at(data, "description_title") or "metric alert"
    project = next((name_at({"slug": one}, "slug") for one in items(alert, "projects")), "")
    status = SignalStatus.RESOLVED if ended else SignalStatus.FIRING
    id_ = word(alert, "id")
    return Signal(
        source="sentry_webhook",
        name=name,
        target=TargetName(project) if project else None,
        severity=Severity.INFO if ended else severity_of(action),
        status=status,
        summary=word(data, "description_text") or name,
        attributes={"url": word(data, "web_url"), "query": word(alert, "alert_rule", "query")},
        signature=sign(name, labels={"rule": word(alert, "alert_rule", "id")}),
        delivery_key=f"sentry_webhook:metric:{id_}:{action[:80]}",
        observed_at=at,
        began_at=moment(alert.get("date_started"), at),
    )


def _key(issue: str, status: SignalStatus) -> str:
    return f"sentry_webhook:issue:{issue}:{status}"


def verify(delivery: Delivery, secret: str, now: datetime) -> None:
    """Check Sentry's signature of the body. Raises SignatureError."""
    del now
    check_digest(delivery.headers.get("sentry-hook-signature", ""), hmac_sha256(secret, delivery.body).hex())


_EXAMPLE = {
    "action": "resolved",
    "data": {
        "issue": {
            "id": "1170820242",
            "shortId": "SHOP-1",
            "title": "ZeroDivisionError: division by zero",
            "culprit": "shop.pay in charge",
            "level": "error",
            "metadata": {"type": "ZeroDivisionError", "value": "division by zero"},
            "project": {"id": "42", "slug": "shop-web"},
        }
    },
    "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
}
_CLIENT = """Settings > Developer Settings > New Internal Integration
  Webhook URL:        https://<host>/api/v1/signals/sentry_webhook?token=<a reporter's token>
  Alert Rule Action:  on, and add it as an action to your alert rules
  Webhooks:           issue

grace.yaml, with the integration's client secret:
  api:
    signing_secrets: { sentry_webhook: "<the client secret>" }
"""

DEFINITION = Source(
    name="sentry_webhook",
    summary="Issues and alerts by the webhook of a Sentry integration",
    parse=parse,
    example=SourceExample(body=json.dumps(_EXAMPLE, indent=2).encode(), headers={"sentry-hook-resource": "issue"}),
    client=ClientConfig(language="text", text=_CLIENT),
    verify=verify,
    signs_time=False,
    credential=basic_credential,
)
