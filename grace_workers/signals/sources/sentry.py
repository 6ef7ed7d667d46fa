"""Sentry's SDKs by DSN, unmodified: envelopes and the older store endpoint.

The public key of the DSN is a reporter's token. Events become signals; everything else in an envelope (sessions,
transactions, client reports, attachments) is accepted and ignored.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.delivery import Delivery, UnreadableError, tolerant_json
from grace_workers.signals.foreign import name_at, word
from grace_workers.signals.sentry_event import event_signal
from grace_workers.signals.signal import Signal
from grace_workers.signals.source import Answer, ClientConfig, LeftOut, Parsed, Source, SourceExample

_WHAT = "sentry envelope"
_STORE = "/store"
_MOST_ITEMS = 200
_LONGEST_HEADER = 65_536
_KEY = re.compile(r"sentry_key=([A-Za-z0-9_\-]{1,512})")


def parse(delivery: Delivery) -> Parsed:
    """Return one signal for each event.

    Raises:
        InputError: it is not an envelope, or not an event if the path is that of the store endpoint.
    """
    if delivery.path.endswith(_STORE):
        return Parsed(signals=[_signal(delivery.body, delivery.received_at)])
    signals: list[Signal] = []
    left_out: list[LeftOut] = []
    for position, (kind, payload) in enumerate(_items(delivery.body), 1):
        if position > _MOST_ITEMS:
            reason = f"the items from here on: at most {_MOST_ITEMS} are taken"
            left_out.append(LeftOut(position=position, name="", reason=reason, whole=True))
            break
        if isinstance(payload, str):
            left_out.append(LeftOut(position=position, name=kind, reason=payload, whole=True))
        elif kind == "event":
            try:
                signals.append(_signal(payload, delivery.received_at))
            except InputError as error:
                left_out.append(LeftOut(position=position, name=kind, reason=str(error), whole=True))
    return Parsed(signals=signals, left_out=left_out)


def _items(body: bytes) -> Iterator[tuple[str, bytes | str]]:
    """Yield the type of each item with its payload, or with why there is none; the last such one ends the envelope."""
    header, at = _line(body, 0)
    if not isinstance(_object(header), dict):
        raise UnreadableError(f"{_WHAT}: the first line must be a JSON object; send what an SDK of Sentry sends")
    while at < len(body):
        line, at = _line(body, at)
        if not line.strip():
            continue
        item = _object(line)
        if item is None:
            yield "", "the header of the item is no JSON object, so what follows cannot be told apart"
            return
        length = item.get("length")
        if not isinstance(length, int) or isinstance(length, bool):
            payload, at = _line(body, at)
        elif 0 <= length <= len(body) - at:
            payload, at = body[at : at + length], at + length
        else:
            yield (
                name_at(item, "type"),
                f"it says {length} bytes, and {len(body) - at} are left; the envelope is cut off",
            )
            return
        yield name_at(item, "type"), payload


def _line(body: bytes, at: int) -> tuple[bytes, int]:
    end = body.find(b"\n", at)
    return (body[at:], len(body)) if end < 0 else (body[at:end], end + 1)


def _object(line: bytes) -> Mapping[str, JsonValue] | None:
    if len(line) > _LONGEST_HEADER:
        return None
    try:
        found = tolerant_json(line)
    except UnreadableError:
        return None
    return found if isinstance(found, dict) else None


def _signal(payload: bytes, received_at: datetime) -> Signal:
    event = tolerant_json(payload)
    if not isinstance(event, dict):
        raise InputError("sentry event: it must be a JSON object")
    given = word(event, "event_id")
    return event_signal(event, "sentry", f"sentry:{given or hashlib.sha256(payload).hexdigest()}", received_at)


def credential(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return the public key of the DSN, from `X-Sentry-Auth` or the query."""
    found = _KEY.search(headers.get("x-sentry-auth", "")[:_LONGEST_HEADER])
    return found[1] if found else query.get("sentry_key")


def answer(delivery: Delivery, parsed: Parsed) -> Answer:
    """Answer as Sentry does: the id of the event."""
    del parsed
    given = _object(delivery.body if delivery.path.endswith(_STORE) else _line(delivery.body, 0)[0]) or {}
    return Answer(
        status=200, content_type="application/json", body=json.dumps({"id": word(given, "event_id")}).encode()
    )


_EVENT = json.dumps(
    {
        "event_id": "c5565e17e6504003a5ed1d8925dc60dd",
        "timestamp": "2026-11-21T08:00:00Z",
        "level": "error",
        "platform": "python",
        "release": "shop@1.4.2",
        "server_name": "web-01",
        "tags": {"service": "shop-web"},
        "exception": {
            "values": [
                {
                    "type": "ZeroDivisionError",
                    "value": "division by zero",
                    "stacktrace": {
                        "frames": [
                            {
                                "abs_path": "/srv/shop/pay.py",
                                "function": "charge",
                                "lineno": 7,
                                "context_line": "    return 10 / n",
                                "in_app": True,
                            }
                        ]
                    },
                }
            ]
        },
    }
)
_EXAMPLE = f'{{"event_id":"c5565e17e6504003a5ed1d8925dc60dd"}}\n{{"type":"event","length":{len(_EVENT)}}}\n{_EVENT}\n'
_CLIENT = """import sentry_sdk

# The token is the public key of the DSN. The number is any project's.
sentry_sdk.init(dsn="http://<a reporter's token>@127.0.0.1:8642/42", release="shop@1.4.2")
sentry_sdk.set_tag("service", "shop-web")  # the target; without it, the release's name before the @

# Where Grace shares its host with others, its address may stand in the DSN:
#   http://<a reporter's token>@127.0.0.1:8642/api/v1/signals/sentry/42
"""

DEFINITION = Source(
    name="sentry",
    summary="Errors of Sentry's SDKs, by DSN",
    parse=parse,
    example=SourceExample(body=_EXAMPLE.encode(), content_type="application/x-sentry-envelope", path="api/42/envelope"),
    client=ClientConfig(language="python", text=_CLIENT),
    content_types=("application/x-sentry-envelope", "application/json", "text/plain"),
    below=("api/*/envelope", "api/*/store"),
    rooted=True,
    credential=credential,
    answer=answer,
)
