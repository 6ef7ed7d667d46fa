"""The webhook of Grafana's alerts before version 9: one rule a body, and no list of alerts.

Later versions send what Alertmanager sends, and `alertmanager` reads it; if they sign, this address checks it. A rule's
tags stay the same from its beginning to its end and so may name the target; the tags of the matching series are used
only if the rule names none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.delivery import Delivery
from grace_workers.signals.limits import LARGEST, LONGEST_NAME, brief, fitted
from grace_workers.signals.signal import Signal, SignalStatus
from grace_workers.signals.signature import sign
from grace_workers.signals.signing import check_digest, check_time, hmac_sha256
from grace_workers.signals.source import ClientConfig, LeftOut, Parsed, Source, SourceExample, named_target, severity_of

_WHAT = "grafana webhook"
_STATES = {"alerting": SignalStatus.FIRING, "no_data": SignalStatus.FIRING, "ok": SignalStatus.RESOLVED}
_MOST_MATCHES = 20
_SIGNATURE, _STAMP = "x-grafana-alerting-signature", "x-grafana-alerting-timestamp"


def fits(delivery: Delivery) -> bool:
    """Return whether the body has the shape of such a webhook."""
    return _is_rule(delivery.json)


def parse(delivery: Delivery) -> Parsed:
    """Return the one signal of a rule.

    Raises:
        InputError: the body is not such a webhook, or the rule's state is neither firing nor ended.
    """
    body, received_at = delivery.json, delivery.received_at
    if not isinstance(body, dict) or not _is_rule(body):
        raise InputError(f"{_WHAT}: no ruleName and state; send them, as Grafana does")
    name, state = brief(body["ruleName"])[:LONGEST_NAME] or "unnamed rule", brief(body["state"]).lower()
    if state not in _STATES:
        raise InputError(f"{_WHAT}: state {state[:80]!r} is not one of {', '.join(_STATES)}")
    tags, said = fitted(_object(body.get("tags")), "tag")
    matches = body.get("evalMatches")
    series = [
        match for match in (matches if isinstance(matches, list) else [])[:_MOST_MATCHES] if isinstance(match, dict)
    ]
    of_series, _ = fitted(_object(series[0].get("tags")) if series else {}, "tag")
    rule, organisation = brief(body.get("ruleId")), brief(body.get("orgId"))
    signal = Signal(
        source="grafana",
        name=name,
        target=named_target(tags) or named_target(of_series),
        severity=severity_of(tags.get("severity") or tags.get("priority") or ""),
        status=_STATES[state],
        summary=brief(body.get("message")) or brief(body.get("title")) or name,
        labels=of_series | tags,
        attributes={
            "state": state,
            "rule_url": brief(body.get("ruleUrl")),
            "values": {brief(one.get("metric"))[:LONGEST_NAME]: _figure(one.get("value")) for one in series},
        },
        signature=sign(name, labels={key: tags[key] for key in tags if key not in {"severity", "priority"}}),
        # It names no time, so every delivery is a separate observation.
        delivery_key=f"grafana:{organisation}:{rule}:{state}:{received_at.isoformat()}",
        observed_at=received_at,
    )
    return Parsed(
        signals=[signal], left_out=[LeftOut(position=1, name=name, reason=words, whole=False) for words in said]
    )


def verify(delivery: Delivery, secret: str, now: datetime) -> None:
    """Check the signature of a contact point that signs, as Grafana does from version 12 on. Raises SignatureError."""
    stamp = delivery.headers.get(_STAMP, "")
    check_time(stamp, now)
    wanted = hmac_sha256(secret, stamp.encode(), b":", delivery.body).hex()
    check_digest(delivery.headers.get(_SIGNATURE, ""), wanted)


def _is_rule(body: JsonValue) -> bool:
    return isinstance(body, dict) and isinstance(body.get("ruleName"), str) and isinstance(body.get("state"), str)


def _object(value: Any) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _figure(value: JsonValue) -> JsonValue:
    return value if isinstance(value, int | float) and abs(value) <= LARGEST else None


_EXAMPLE = b"""{
  "ruleId": 7,
  "orgId": 1,
  "ruleName": "Shop answers slowly",
  "ruleUrl": "http://grafana.example/d/shop",
  "state": "alerting",
  "title": "[Alerting] Shop answers slowly",
  "message": "The shop answers slowly",
  "tags": {"grace_target": "shop-web", "severity": "critical"},
  "evalMatches": [{"metric": "shop {99th}", "value": 15.748, "tags": {"instance": "web-1:9100"}}]
}"""
_CLIENT = """# provisioning/alerting/grace.yaml, from version 9 on; hmacConfig from version 12 on
contactPoints:
  - name: grace
    receivers:
      - uid: grace
        type: webhook
        settings:
          url: http://127.0.0.1:8642/api/v1/signals/grafana
          authorization_scheme: Bearer
          authorization_credentials: <a reporter's token>
          hmacConfig:
            secret: <the secret that api.signing_secrets.grafana has>
            header: X-Grafana-Alerting-Signature
            timestampHeader: X-Grafana-Alerting-Timestamp

# provisioning/notifiers/grace.yaml of a Grafana before version 9
notifiers:
  - name: grace
    type: webhook
    uid: grace
    settings:
      url: http://127.0.0.1:8642/api/v1/signals/grafana
      httpMethod: POST
    secure_settings:
      authorization_header: Bearer <a reporter's token>
"""

DEFINITION = Source(
    name="grafana",
    summary="Grafana's alerts before version 9",
    parse=parse,
    example=SourceExample(body=_EXAMPLE),
    client=ClientConfig(language="yaml", text=_CLIENT),
    family="alerts",
    fits=fits,
    heeds_only_5xx=True,
    verify=verify,
)
