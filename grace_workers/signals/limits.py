"""Limits on the content of a body, so that a hostile one is refused with a sentence before anything reads it.

The API limits the size in bytes; depth, counts, lengths and forbidden characters are checked here.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError

DEEPEST = 32
MOST_VALUES = 200_000
MOST_ALERTS = 1_000
MOST_IN_BULK = 5_000
MOST_LABELS = 64
LONGEST_STRING = 65_536
LONGEST_LABEL = 4_096
LONGEST_NAME = 200
LARGEST = 2**53 - 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def check_body(body: JsonValue, what: str) -> None:
    """Refuse a body that is too deep, too large, or contains text or numbers that cannot be stored.

    Raises:
        InputError: the message names `what`, the limit and the remedy.
    """
    pending: list[tuple[JsonValue, int]] = [(body, 1)]
    seen = 0
    while pending:
        value, depth = pending.pop()
        seen += 1
        if depth > DEEPEST:
            raise InputError(f"{what}: nested deeper than {DEEPEST} levels; flatten it")
        if seen > MOST_VALUES:
            raise InputError(f"{what}: more than {MOST_VALUES} values; send several smaller bodies")
        if isinstance(value, dict):
            for key, item in value.items():
                check_text(key, what)
                pending.append((item, depth + 1))
        elif isinstance(value, list):
            pending.extend((item, depth + 1) for item in value)
        else:
            _check_scalar(value, what)


def check_labels(labels: Mapping[str, str], what: str) -> None:
    """Refuse too many labels, or one too long.

    Raises:
        InputError: the message names the limit.
    """
    if len(labels) > MOST_LABELS:
        raise InputError(f"{what}: {len(labels)} labels; send at most {MOST_LABELS}")
    for key, value in labels.items():
        if len(key) > LONGEST_NAME or len(value) > LONGEST_LABEL:
            raise InputError(f"{what}: label {key[:80]!r} is too long; send at most {LONGEST_LABEL} characters")


def check_text(text: str, what: str) -> None:
    """Refuse text that PostgreSQL or UTF-8 cannot hold, or that is too long.

    Raises:
        InputError: the message names the limit.
    """
    if len(text) > LONGEST_STRING:
        raise InputError(f"{what}: a text of {len(text)} characters; send at most {LONGEST_STRING}")
    if "\x00" in text:
        raise InputError(f"{what}: a text contains U+0000; remove it")
    if not text.isascii() and _LONE_SURROGATE.search(text):
        raise InputError(f"{what}: a text contains a lone surrogate; send valid Unicode")


def storable(text: str) -> str:
    """Return our own reading of foreign text, cut to the limit and with what cannot be stored replaced."""
    clean = text[:LONGEST_STRING].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return clean.encode(errors="replace").decode()


def brief(value: JsonValue) -> str:
    """Return a sender's word as it can be stored, cut to the limit of a label; empty unless it is text or a number."""
    return storable(str(value))[:LONGEST_LABEL] if isinstance(value, str | int) else ""


def fitted(pairs: Mapping[str, JsonValue], what: str, first: Sequence[str] = ()) -> tuple[dict[str, str], list[str]]:
    """Return a sender's labels as they can be stored, and a description of what had to be cut, replaced or dropped.

    `what` names them in that description. If there are too many, those named in `first` are kept before others.
    """
    kept: dict[str, str] = {}
    said: list[str] = []
    order = sorted(pairs, key=lambda key: first.index(key) if key in first else len(first))
    for key in order[:MOST_LABELS]:
        value = pairs[key]
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
        name, clean = storable(key), storable(text)[:LONGEST_LABEL]
        if len(key) > LONGEST_NAME or isinstance(value, list | dict):
            said.append(f"{what} {name[:80]!r} dropped: its name is too long or its value is not text")
            continue
        if len(text) > LONGEST_LABEL:
            said.append(f"{what} {name[:80]!r} cut from {len(text)} to {LONGEST_LABEL} characters")
        elif clean != text or name != key:
            said.append(f"{what} {name[:80]!r}: characters that cannot be stored were replaced")
        kept[name] = clean
    if len(pairs) > MOST_LABELS:
        said.append(f"{len(pairs) - MOST_LABELS} of {len(pairs)} {what}s dropped: at most {MOST_LABELS} are kept")
    return kept, said


def _check_scalar(value: JsonValue, what: str) -> None:
    if isinstance(value, str):
        check_text(value, what)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{what}: a number is not finite; JSON has no NaN or Infinity")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(f"{what}: an integer beyond 2^53-1; write it as a string")
