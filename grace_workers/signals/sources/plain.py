"""Grace's own plain JSON: one signal, a list of signals, or `{"signals": [...]}`."""

from grace_workers.signals.delivery import Delivery
from grace_workers.signals.plain import plain_signals
from grace_workers.signals.source import ClientConfig, Parsed, Source, SourceExample

_EXAMPLE = b"""{
  "name": "HealthProbeFailed",
  "target": "shop-web",
  "severity": "critical",
  "summary": "no answer for 10 s",
  "key": "probe-4711"
}"""
_CLIENT = """curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
  http://127.0.0.1:8642/api/v1/signals \\
  -d '{"name": "checkout fails", "target": "shop", "severity": "error", "key": "order-4711"}'
"""


def parse(delivery: Delivery) -> Parsed:
    """Return the signals in the body, in order.

    Raises:
        InputError: a signal does not fit, has an unknown key, or passes a limit; the message names its position.
    """
    return Parsed(signals=plain_signals(delivery.strict_json, delivery.received_at))


DEFINITION = Source(
    name="plain",
    summary="Grace's own plain JSON",
    parse=parse,
    example=SourceExample(body=_EXAMPLE),
    client=ClientConfig(language="sh", text=_CLIENT),
    whole=True,
)
