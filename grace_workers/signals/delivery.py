"""`Delivery`: what a sender posted, and the ways in which a source may read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals.limits import MOST_VALUES, check_body

JSON_TYPES = ("application/json", "application/*+json")
_MOST_FIELDS = 1_000
# A text may contain such marks too, so twice as many are allowed.
_MOST_MARKS = 2 * MOST_VALUES
_DIGITS = 18


class UnreadableError(InputError):
    """The bytes are not of the declared format, so nothing in them can be read."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The content of one request. `body` is decompressed and within the limit; names of headers are lower-case.

    `content_type` has no parameters and is lower-case. `path` is what the sender appended to the source's address,
    without the surrounding slashes.
    """

    body: bytes
    received_at: datetime
    content_type: str = JSON_TYPES[0]
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: str = ""

    @cached_property
    def json(self) -> JsonValue:
        """The body as JSON of a sender that cannot correct it: one odd value does not spoil the rest.

        Raises:
            UnreadableError: it is not JSON at all, or has too many values.
        """
        return tolerant_json(self.body)

    @property
    def strict_json(self) -> JsonValue:
        """The body as plain JSON that can be stored.

        Raises:
            UnreadableError: it is anything else, or has a key twice.
        """
        return strict_json(self.body)

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of a body that is an HTML form; of a field given twice, the first.

        Raises:
            UnreadableError: it is not such a form, or has too many fields.
        """
        try:
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError as error:
            raise UnreadableError(f"the body cannot be read as a form: {_first(error)}") from error
        return dict(reversed(pairs))


def tolerant_json(body: bytes) -> JsonValue:
    """Return JSON with null for what is not a number, and without bytes that are not UTF-8. Raises UnreadableError."""
    _check_count(body)
    try:
        text = body.decode(errors="replace").removeprefix("\ufeff")
        value: JsonValue = json.loads(text, parse_constant=lambda _word: None, parse_int=_small)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body cannot be read as JSON: {_first(error)}") from error
    return value


def strict_json(body: bytes) -> JsonValue:
    """Return plain JSON that can be stored. Raises UnreadableError for anything else."""
    _check_count(body)
    try:
        value: JsonValue = json.loads(body, parse_constant=_not_a_number, object_pairs_hook=_no_doubles)
        check_body(value, "body")
    except RecursionError as error:
        raise UnreadableError("body: nested too deeply; flatten it") from error
    except (ValueError, InputError) as error:
        raise UnreadableError(f"the body cannot be read as JSON: {_first(error)}") from error
    return value


def _check_count(body: bytes) -> None:
    """Refuse a body with so many values that reading it would cost too much; they are counted before any is made."""
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values > _MOST_MARKS:
        raise UnreadableError(f"the body has more than {MOST_VALUES} values; send several smaller ones")


def _not_a_number(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number")


def _small(word: str) -> int | None:
    return int(word) if len(word) <= _DIGITS else None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {key[:80]!r}")
        found[key] = value
    return found


def _first(error: Exception) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
