"""What is sent of errors: a signal for each kind of them, with how many were alike."""

from collections.abc import Callable, Mapping, Sequence

from grace_workers.entrypoints.follow.grouping import LogEvent
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.redaction import starred
from grace_workers.signals import key_of, sign, storable, unwrapped

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
    # In a burst most lines differ only in values, which a key leaves out for a fraction of what a signature costs.
    known: dict[str, str] = {}
    for event in events:
        said = unwrapped(event.text)
        key = said if "\n" in said or said.startswith("{") else key_of(said)
        kind = known.get(key)
        if kind is None:
            kind = known[key] = sign(name, text=event.text)
        kinds.setdefault(kind, []).append(event)
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
