"""Reading a message strictly. The broker's content is untrusted: anyone who may push to it chooses every field.

Celery gets a new message, built from the fields that were read, so a field that was not read cannot reach it: no
compressed body, no callbacks, no times, no queue other than the one the message was taken from.
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from grace_workers.foundation.errors import InputError

_LONGEST_NAME = 255
_JSON_TYPE = "application/json"
_TEXT = ("utf-8", "utf8", "ascii", "us-ascii")
_SHOWN = 1_024
_BODY_PARTS = 3
# Celery would obey these: when to run, until when, what to do before the body can be read.
_NOT_TAKEN = ("eta", "expires", "compression", "chord")


class UnreadableMessageError(InputError):
    """A message cannot be read; the text names the wrong field."""


def read(text: bytes | str, queue: str) -> dict[str, Any]:
    """Return the message as Celery's virtual transport is to deliver it.

    Raises:
        UnreadableError: a worker of this fleet does not accept such a message.
    """
    envelope = _object(_parsed(text, "it"), "it")
    properties = _object(envelope.get("properties"), "its properties")
    headers = _object(envelope.get("headers"), "its headers")
    if envelope.get("content-type") != _JSON_TYPE:
        raise UnreadableMessageError(f"its content type is not {_JSON_TYPE}")
    if str(envelope.get("content-encoding")).lower() not in _TEXT:
        raise UnreadableMessageError("its content encoding is not utf-8")
    for name in _NOT_TAKEN:
        if headers.get(name) is not None:
            raise UnreadableMessageError(f"its header {name!r} is set, which is not supported here")
    body = _text(envelope.get("body"), "its body")
    _require_call(_decoded(body, properties.get("body_encoding")))
    return {
        "body": body,
        "content-type": _JSON_TYPE,
        "content-encoding": "utf-8",
        "headers": _headers(headers),
        "properties": _properties(properties, queue),
    }


def _headers(found: Mapping[str, Any]) -> dict[str, Any]:
    identity = _name(found.get("id"), "its header 'id'")
    return {
        "lang": "py",
        "task": _name(found.get("task"), "its header 'task'"),
        "id": identity,
        "root_id": identity,
        "parent_id": None,
        "group": None,
        "argsrepr": str(found.get("argsrepr", ""))[:_SHOWN],
        "kwargsrepr": str(found.get("kwargsrepr", ""))[:_SHOWN],
        "origin": str(found.get("origin", ""))[:_SHOWN],
        "ignore_result": True,
        "retries": 0,
        "timelimit": [None, None],
    }


def _properties(found: Mapping[str, Any], queue: str) -> dict[str, Any]:
    delivery = found.get("delivery_info")
    priority = found.get("priority")
    return {
        "delivery_tag": _name(found.get("delivery_tag"), "its delivery tag"),
        "body_encoding": found.get("body_encoding"),
        "priority": priority if type(priority) is int else None,
        "delivery_info": {
            "exchange": "",
            "routing_key": queue,
            "redelivered": isinstance(delivery, dict) and delivery.get("redelivered") is True,
        },
    }


def _require_call(body: Any) -> None:
    """Raise UnreadableError unless `body` is a protocol-2 task body that asks for nothing afterwards."""
    if not isinstance(body, list) or len(body) != _BODY_PARTS:
        raise UnreadableMessageError(
            "its body is not a list of args, kwargs and embed; only Celery's protocol 2 is supported"
        )
    args, kwargs, embed = body
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise UnreadableMessageError("its args are not a list or its kwargs not an object")
    if embed is not None and (not isinstance(embed, dict) or any(embed.values())):
        raise UnreadableMessageError("it asks for callbacks, a chain or a chord, which are not supported here")


def _decoded(body: str, encoding: Any) -> Any:
    if encoding is None:
        return _parsed(body, "its body")
    if encoding != "base64":
        raise UnreadableMessageError("its body encoding is not base64")
    try:
        return _parsed(b64decode(body, validate=True), "its body")
    except ValueError as error:
        raise UnreadableMessageError("its body is not base64") from error


def _parsed(text: bytes | str, what: str) -> Any:
    try:
        plain = text if isinstance(text, str) else text.decode()
        found = json.loads(plain)
        if "\\ud" in plain.lower():
            # Half a surrogate pair is valid JSON, but not a text that can be logged or stored.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise UnreadableMessageError(f"{what} is not JSON") from error
    return found


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableMessageError(
            f"{what} is not a JSON object" if what == "it" else (f"{what} are not a JSON object")
        )
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise UnreadableMessageError(f"{what} is missing or not text")
    return value


def _name(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise UnreadableMessageError(f"{what} is not 1 to {_LONGEST_NAME} printable characters")
    return value
