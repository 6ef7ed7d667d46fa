"""What is sent of errors: a signal for each kind of them, with how many were alike."""

from collections.abc import Callable, Mapping, Sequence

from grace_workers.entrypoints.follow.grouping import LogEvent
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.redaction import starred
from grace_workers.signals import sign, storable

MOST_AT_ONCE = 200
_LONGEST_SUMMARY = 2_000
_LONGEST_NAME = 200

Send = Callable[[Sequence[Mapping[str, JsonValue]]], None]
"""Returns once the signals are stored."""


def name_of(writer: str) -> str:
    """Return the name of the signals that tell of a writer's errors."""
    return f"ERROR {writer}"[:_LONGEST_NAME]


def kinds_of(name: str, events: Sequence[LogEvent]) -> Sequence[Sequence[LogEvent]]:
    """Return the events of each kind of error, in their order."""
    kinds: dict[str, list[LogEvent]] = {}
    for event in events:
        kinds.setdefault(sign(name, text=event.text), []).append(event)
    return list(kinds.values())


def signal_of(
    name: str, event: LogEvent, *, key: str, target: str | None, attributes: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return the signal of an error as the API takes it, without secrets."""
    text = storable(starred(event.text))
    said = next((line.strip() for line in text.splitlines() if line.strip()), name)
    signal: dict[str, JsonValue] = {
        "name": name,
        "severity": "error",
        "summary": said[:_LONGEST_SUMMARY],
        "text": text,
        "key": key,
        "attributes": dict(attributes),
    }
    return signal | ({} if target is None else {"target": target})
