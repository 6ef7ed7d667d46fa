"""Sentry's event as a signal: the text that Python would have logged, and the frames for repairing the code.

Local variables, request bodies and users are never taken.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.foreign import items, moment, name_at, pruned, table, word
from grace_workers.signals.limits import LONGEST_NAME, LONGEST_STRING, brief, fitted, storable
from grace_workers.signals.signal import TARGET_LABELS, Signal
from grace_workers.signals.signature import sign
from grace_workers.signals.source import named_target, severity_of

MOST_EXCEPTIONS, MOST_FRAMES, MOST_LINES = 5, 50, 5
_CAUSE = "\n\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\n\nDuring handling of the above exception, another exception occurred:\n\n"
_OWN_MODULES = frozenset({"", "builtins", "__main__", "exceptions"})


def event_signal(event: Mapping[str, JsonValue], source: str, key: str, received_at: datetime) -> Signal:
    """Return the signal of an event, whose text is identified by its fault or by the shape of its message."""
    values = [one for one in items(event, "exception", "values") or items(event, "exception") if isinstance(one, dict)]
    text = text_of(event, values)
    labels, _ = fitted(_labels(event), "tag", TARGET_LABELS)
    last = values[-1] if values else {}
    name = name_at(last, "type") or name_at(event, "logger") or "sentry event"
    level = word(event, "level") or "error"
    message = word(last, "value") or _message(event) or word(event, "title")
    return Signal(
        source=source,
        name=name,
        target=_target(labels, word(event, "release")),
        severity=severity_of(level),
        summary=f"{name}: {message}" if values and message else message or name,
        text=text or None,
        labels=labels,
        attributes={
            "exceptions": [exception_of(one) for one in values[-MOST_EXCEPTIONS:]],
            "release": word(event, "release"),
            "environment": word(event, "environment"),
            "transaction": word(event, "transaction") or word(event, "culprit"),
            "platform": word(event, "platform"),
            "runtime": word(event, "contexts", "runtime", "version"),
            "trace_id": word(event, "contexts", "trace", "trace_id"),
            "event_id": word(event, "event_id"),
        },
        signature=sign(name, text=text or None),
        delivery_key=key,
        observed_at=moment(event.get("timestamp"), received_at) or received_at,
        member=word(event, "server_name")[:LONGEST_NAME],
    )


def exception_of(value: JsonValue) -> JsonValue:
    """Return what is stored of an exception: its type, its message, and its frames with the source around them."""
    frames = [frame for frame in items(value, "stacktrace", "frames") if isinstance(frame, dict)]
    return {
        "type": _type(value),
        "value": word(value, "value"),
        "frames": [_frame(frame) for frame in frames[-MOST_FRAMES:]],
    }


def text_of(event: Mapping[str, JsonValue], values: Sequence[JsonValue]) -> str:
    """Return the event as Python logs it: the message, then the chain of its exceptions, innermost cause first."""
    parts: list[str] = []
    chain = _chain(values)
    for at, value in enumerate(chain):
        follows = word(chain[at - 1], "mechanism", "source") if at else ""
        parts += [(_CONTEXT if follows == "__context__" else _CAUSE) if at else "", _printed(value)]
    message = _message(event)
    printed = "".join(parts)
    return storable("\n".join(part for part in (message, printed) if part)[-LONGEST_STRING:])


def _chain(values: Sequence[JsonValue]) -> Sequence[JsonValue]:
    """Return the exceptions from the innermost cause to the last one raised; of a group's members, the first."""
    first: dict[str, JsonValue] = {}
    for value in reversed(values):
        parent = word(value, "mechanism", "parent_id")
        if parent:
            first.setdefault(parent, value)
    if not first:
        return values[-MOST_EXCEPTIONS:]
    found: list[JsonValue] = [values[-1]]
    while len(found) < MOST_EXCEPTIONS and (below := first.pop(word(found[-1], "mechanism", "exception_id"), None)):
        found.append(below)
    return found[::-1]


def _printed(value: JsonValue) -> str:
    frames = [frame for frame in items(value, "stacktrace", "frames") if isinstance(frame, dict)][-MOST_FRAMES:]
    lines = [line for frame in frames for line in _printed_frame(frame)]
    raised = _type(value) + (f": {said}" if (said := word(value, "value")) else "")
    return "\n".join((*(["Traceback (most recent call last):", *lines] if lines else []), raised))


def _printed_frame(frame: JsonValue) -> list[str]:
    path = (word(frame, "abs_path") or word(frame, "filename") or word(frame, "module")).replace('"', "'")
    place = f'  File "{path}", line {word(frame, "lineno") or "0"}, in {word(frame, "function") or "?"}'
    source = word(frame, "context_line")
    return [place, f"    {source}"] if source else [place]


def _type(value: JsonValue) -> str:
    module = name_at(value, "module")
    name = name_at(value, "type") or "Exception"
    return name if module in _OWN_MODULES or "." in name else f"{module}.{name}"


def _frame(frame: Mapping[str, JsonValue]) -> JsonValue:
    return {
        "path": word(frame, "abs_path") or word(frame, "filename"),
        "module": word(frame, "module"),
        "function": word(frame, "function"),
        "line": pruned(frame.get("lineno")),
        "own": frame.get("in_app") is True,
        "before": [brief(line) for line in items(frame, "pre_context")[-MOST_LINES:]],
        "source": brief(frame.get("context_line")),
        "after": [brief(line) for line in items(frame, "post_context")[:MOST_LINES]],
    }


def _message(event: Mapping[str, JsonValue]) -> str:
    entry = table(event, "logentry")
    said = word(entry, "formatted") or word(entry, "message")
    return said or word(event, "message", "formatted") or word(event, "message")


def _labels(event: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the event's tags, an object or a list of pairs, with server and environment added."""
    tags = dict(table(event, "tags"))
    for pair in items(event, "tags"):
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):  # noqa: PLR2004 - a pair
            tags[pair[0]] = pair[1]
    own = {
        "instance": word(event, "server_name"),
        "environment": word(event, "environment"),
        "release": word(event, "release"),
    }
    return {name: value for name, value in own.items() if value} | tags


def _target(labels: Mapping[str, str], release: str) -> TargetName | None:
    """Return the target that a tag names, else the package of a release such as `shop@1.4.2`, else the server."""
    tagged = named_target({name: value for name, value in labels.items() if name != "instance"})
    package = release.partition("@")[0][:LONGEST_NAME]
    return tagged or (TargetName(package) if package else named_target(labels))
