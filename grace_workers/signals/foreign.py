"""Reading foreign JSON: a value that is missing, of another type or too large gives an empty value, not an error."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite

from pydantic import TypeAdapter, ValidationError

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.limits import LARGEST, LONGEST_LABEL, LONGEST_NAME, brief, storable
from grace_workers.signals.source import not_later

Foreign = JsonValue | Mapping[str, JsonValue]

_TIME = TypeAdapter(datetime)
# As GitLab writes it: `2026-11-21 08:00:00 UTC`, `2026-11-21 08:00:00 +0200`.
_ZONE = re.compile(r" (UTC|[+-][0-9]{4})$")
_MOST_ITEMS, _DEEPEST, _MOST_VALUES = 50, 8, 500
_LAST_SECOND = 253_402_300_799
_MILLISECONDS_FROM = 10**11


def table(value: Foreign, *path: str) -> Mapping[str, JsonValue]:
    """Return the object at `path` below `value`; empty if there is none."""
    found = _at(value, path)
    return found if isinstance(found, Mapping) else {}


def items(value: Foreign, *path: str) -> Sequence[JsonValue]:
    """Return the list at `path` below `value`; empty if there is none."""
    found = _at(value, path)
    return found if isinstance(found, list) else ()


def word(value: Foreign, *path: str) -> str:
    """Return the text or number at `path` below `value`, cut to the limit of a label; empty if there is none."""
    found = _at(value, path)
    return "" if isinstance(found, bool | Mapping) else brief(found).strip()


def name_at(value: Foreign, *path: str) -> str:
    """Return the same, cut to the limit of a name."""
    return word(value, *path)[:LONGEST_NAME]


def moment(value: JsonValue, received_at: datetime) -> datetime | None:
    """Return a sender's time, never later than the arrival; None if it is not a time since 1970.

    A number counts as Unix time in seconds or milliseconds.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return not_later(_of_number(value), received_at, "time")
        if isinstance(value, str) and len(value) <= LONGEST_NAME:
            return not_later(_TIME.validate_python(_ZONE.sub(_zone, value)), received_at, "time")
    except (ValidationError, InputError, ValueError, OverflowError):
        return None
    return None


def pruned(value: JsonValue) -> JsonValue:
    """Return a foreign value as it can be stored: texts cut, unfit numbers null, items and levels limited."""
    return _pruned(value, 1, [_MOST_VALUES])


def _zone(found: re.Match[str]) -> str:
    return "Z" if found[1] == "UTC" else found[1]


def _at(value: Foreign, path: Sequence[str]) -> Foreign:
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _of_number(value: float) -> datetime:
    seconds = value / 1000 if value >= _MILLISECONDS_FROM else value
    if not isfinite(seconds) or not 0 <= seconds <= _LAST_SECOND:
        raise ValueError("no time")
    return datetime.fromtimestamp(seconds, UTC)


def _pruned(value: JsonValue, depth: int, left: list[int]) -> JsonValue:
    left[0] -= 1
    if isinstance(value, str):
        return storable(value[:LONGEST_LABEL])
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value if isfinite(value) and abs(value) <= LARGEST else None
    if depth >= _DEEPEST:
        return None
    if isinstance(value, list):
        return [_pruned(item, depth + 1, left) for item in value[:_MOST_ITEMS] if left[0] > 0]
    return {
        storable(key)[:LONGEST_NAME]: _pruned(item, depth + 1, left)
        for key, item in list(value.items())[:_MOST_ITEMS]
        if left[0] > 0
    }
