"""Canonical JSON: one value, one sequence of bytes. A restricted profile of RFC 8785.

The profile: object keys match `[a-z0-9_]+`; no floats (write decimals as strings); integers within ±(2^53-1); valid
UTF-8 without U+0000 and lone surrogates; times are strings `YYYY-MM-DDTHH:MM:SS.ffffffZ`. Inside it, the standard
library gives exactly the bytes of RFC 8785; outside it, values are refused, not repaired.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from grace_workers.foundation.errors import InputError

_KEY = re.compile(r"[a-z0-9_]+")
_LARGEST = 2**53 - 1


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical bytes of `value`.

    Raises:
        InputError: `value` lies outside the profile; the message names the place.
    """
    _check(value, "$")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical bytes of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def is_plain(text: str) -> bool:
    """Return, at little cost, whether `text` is certainly inside the profile: ASCII without U+0000."""
    return text.isascii() and "\x00" not in text


def timestamp(moment: datetime) -> str:
    """Return `moment` as `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    Raises:
        InputError: `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise InputError(f"time {moment.isoformat()} has no zone; use an aware UTC time")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check(value: Any, place: str) -> None:
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            raise InputError(f"{place}: integer beyond 2^53-1; write it as a string")
    elif isinstance(value, Mapping):
        _check_object(value, place)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]")
    else:
        raise InputError(f"{place}: {type(value).__name__} has no canonical form; write it as a string")


def _check_object(value: Mapping[Any, Any], place: str) -> None:
    for key, item in value.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise InputError(f"{place}: key {key!r} is not of [a-z0-9_]+")
        _check(item, f"{place}.{key}")


def _check_text(value: str, place: str) -> None:
    if "\x00" in value:
        raise InputError(f"{place}: text contains U+0000")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{place}: text contains a lone surrogate") from error
