"""Spans of time as people write them in YAML: `250ms`, `10s`, `5m`, `1m30s`, `2h`, `1d`."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from grace_workers.foundation.errors import InputError

_SHAPE = r"([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}(\.[0-9]{1,3})?s)?([0-9]{1,6}ms)?"
_WHOLE = re.compile(_SHAPE)
_PART = re.compile(r"([0-9.]+)(ms|d|h|m|s)")
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
LONGEST = timedelta(days=31)
_LONGEST_TEXT = 40


def parse_duration(text: str) -> timedelta:
    """Return the span written in `text`, units from large to small.

    Raises:
        InputError: it is not of that form, or longer than 31 days.
    """
    if not text or len(text) > _LONGEST_TEXT or not _WHOLE.fullmatch(text):
        raise InputError(f"duration {text[:_LONGEST_TEXT]!r} is not like '250ms', '10s', '5m' or '1m30s'")
    written = _sum(text)
    if written > LONGEST:
        raise InputError(f"duration {text!r} is longer than 31 days")
    return written


def spelled(span: timedelta) -> str:
    """Return `span`, to the millisecond, in the form that `parse_duration` reads."""
    rest = round(span / timedelta(milliseconds=1))
    parts = []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _read(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration needs a unit, like '10s' or '5m'")  # noqa: TRY004
    try:
        return parse_duration(value)
    except InputError as error:
        raise ValueError(str(error)) from error


Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(spelled, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^(?=.){_SHAPE}$", "examples": ["10s", "5m", "1m30s"]}),
]


def span(value: Any) -> Any:
    """Return the span, of any length, that text like `10s` means; numbers and ISO 8601 are left as they are.

    Raises:
        ValueError: the text is neither.
    """
    if not isinstance(value, str) or value.startswith("P"):
        return value
    if not 0 < len(value) <= _LONGEST_TEXT or not _WHOLE.fullmatch(value):
        raise ValueError(f"duration {value[:_LONGEST_TEXT]!r} is not like '250ms', '10s', '5m' or '1m30s'")
    return _sum(value)


def _sum(text: str) -> timedelta:
    return timedelta(milliseconds=sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
