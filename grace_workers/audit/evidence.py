"""Turning the details of an entry into JSON of the canonical profile, so that an author need not know the profile.

The conversion never refuses, because an append that failed over a float in its details would undo the very change it
describes. What the profile cannot hold is written as text.
"""

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from grace_workers.foundation.canonical import is_plain, timestamp

if TYPE_CHECKING:
    from grace_workers.foundation.document import JsonValue

_LARGEST = 2**53 - 1
_DEEPEST = 32
_OWN = re.compile(r"[a-z0-9_]+")
_FOREIGN = re.compile(r"[^a-z0-9_]+")


def evidence_json(value: Any) -> "JsonValue":
    """Return `value` as JSON inside the canonical profile.

    Floats and decimals become decimal strings (`0.25` -> `"0.25"`), integers beyond 2^53-1 strings, times
    `YYYY-MM-DDTHH:MM:SS.ffffffZ` (a time without a zone counts as UTC), spans decimal seconds, enums their value,
    sets sorted lists, bytes hexadecimal, anything else (UUIDs, paths …) `str(value)`. Object keys are lowered and runs
    of other characters than `[a-z0-9_]` become `_`; a second key of the same spelling gets `_2`, `_3` … U+0000 and
    lone surrogates become U+FFFD. What lies deeper than 32 levels is written as the name of its type.
    """
    return _convert(value, 0)


def evidence_object(value: Mapping[str, Any]) -> "dict[str, JsonValue]":
    """Return a mapping as an object inside the canonical profile; see `evidence_json`."""
    return _object(value, 0)


def _convert(value: Any, depth: int) -> "JsonValue":
    if isinstance(value, Enum):
        return _convert(value.value, depth)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping | Sequence | AbstractSet) and not isinstance(value, bytes | bytearray | memoryview):
        return _container(value, depth)
    return _text(_spelled(value))


def _container(value: Mapping[Any, Any] | Sequence[Any] | AbstractSet[Any], depth: int) -> "JsonValue":
    if depth >= _DEEPEST:
        return _text(type(value).__name__)
    if isinstance(value, Mapping):
        return _object(value, depth)
    items = sorted(value, key=str) if isinstance(value, AbstractSet) else value
    return [_convert(item, depth + 1) for item in items]


def _object(value: Mapping[Any, Any], depth: int) -> "dict[str, JsonValue]":
    found: dict[str, JsonValue] = {}
    for key, item in value.items():
        name = key if type(key) is str and _OWN.fullmatch(key) else _key(key)
        found[_free(name, found) if name in found else name] = _convert(item, depth + 1)
    return found


def _key(key: Any) -> str:
    plain = _FOREIGN.sub("_", str(key.value if isinstance(key, Enum) else key).lower())
    return plain or "_"


def _free(key: str, taken: "Mapping[str, JsonValue]") -> str:
    name, count = key, 1
    while name in taken:
        count += 1
        name = f"{key}_{count}"
    return name


def _number(value: float | Decimal) -> "JsonValue":
    if isinstance(value, int):
        return int(value) if abs(value) <= _LARGEST else str(value)
    return _decimal(value)


def _decimal(value: float | Decimal) -> str:
    if isinstance(value, float) and math.isfinite(value):
        text = repr(value)
        if type(value) is float and "e" not in text:
            return text
        value = Decimal(text)
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _DEEPEST:
        return format(value, "f")
    return str(value).lower()


def _spelled(value: Any) -> str:
    match value:
        case datetime():
            return timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date():
            return value.isoformat()
        case timedelta():
            return format(Decimal(value // timedelta(microseconds=1)) / 1_000_000, "f")
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case _:
            return str(value)


def _text(value: str) -> str:
    if type(value) is str and is_plain(value):
        return value
    return str(value).replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
