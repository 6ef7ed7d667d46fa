"""Messages that no honest sender writes: a good one with one field changed, and things that are not messages at all."""

import base64
import json
from copy import deepcopy

from hypothesis import strategies as st

from grace_workers.adapters.celery.doorbell import message_text
from tests.integration.celery.fleet import bells

ODD = (None, True, 0, -1, 2**70, 1.5, "", "x", "\x00\n\x1b[2J", "\ud800", [], ["x"], {}, {"x": 1}, [[[[]]]], "é" * 300)
NO_JSON = (b"", b"\xff\x00 not json", b"[]", b"7", b'"text"', b"null", b"{", b"[" * 5_000, b'{"a":' * 5_000, b"{}" * 9)
SECTIONS = ("envelope", "headers", "properties", "delivery_info", "body")


def honest() -> dict:
    """Return a message as the relay writes it, as an object."""
    return json.loads(message_text(bells(1)[0], origin="test"))


def text_of(envelope: dict) -> bytes:
    """Return the message as a client pushes it."""
    return json.dumps(envelope).encode()


def with_body(body: object) -> dict:
    """Return an honest message around another body."""
    return {**honest(), "body": base64.b64encode(json.dumps(body).encode()).decode()}


def changed(section: str, name: str, value: object, *, gone: bool = False) -> dict:
    """Return an honest message in which one field has another value, or is missing."""
    envelope = deepcopy(honest())
    place = {
        "envelope": envelope,
        "headers": envelope["headers"],
        "properties": envelope["properties"],
        "delivery_info": envelope["properties"]["delivery_info"],
    }[section]
    if gone:
        place.pop(name, None)
    else:
        place[name] = value
    return envelope


MEMBERS = {
    "envelope": ("body", "headers", "properties", "content-type", "content-encoding"),
    "headers": (
        *("task", "id", "eta", "expires", "timelimit", "retries", "root_id", "group", "compression", "shadow"),
        *("argsrepr", "kwargsrepr", "origin", "ignore_result", "stamps", "stamped_headers", "chord", "lang"),
    ),
    "properties": ("delivery_tag", "body_encoding", "delivery_info", "priority", "correlation_id", "reply_to"),
    "delivery_info": ("redelivered", "exchange", "routing_key"),
}


def every_change() -> list[bytes]:
    """Return each field missing, and as each odd value in turn."""
    found = [
        text_of(changed(section, name, value, gone=value == "gone"))
        for section, names in MEMBERS.items()
        for name in names
        for value in ("gone", *ODD)
    ]
    found += [text_of(with_body(body)) for body in (*ODD, [["x"], {}, {"chain": [1]}], [1, 2, 3], [["x"], []])]
    return [*found, *NO_JSON]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def poison(draw: st.DrawFn) -> bytes:
    """Draw one message that differs somewhere from an honest one."""
    kind = draw(st.sampled_from(("member", "member", "member", "body", "embed", "bytes", "json")))
    if kind == "bytes":
        return draw(st.binary(max_size=60))
    if kind == "json":
        return json.dumps(draw(_json)).encode()
    if kind == "body":
        return text_of(with_body(draw(_json)))
    if kind == "embed":
        return text_of(with_body([draw(_json), draw(_json), draw(_json)]))
    section = draw(st.sampled_from(sorted(MEMBERS)))
    name = draw(st.sampled_from(MEMBERS[section]) | st.text(max_size=6))
    return text_of(changed(section, name, draw(_json), gone=draw(st.booleans())))
