"""What a test can expect of a value, and how it is written, if that is short enough to read."""

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .values import STANDARD

_LONGEST, _MOST_YIELDED, _MOST_ATTRIBUTES = 240, 50, 4
FIRST = 4
"""How many values are compared of an iterator that has very many."""
_UNREADABLE = object()


@dataclass(frozen=True)
class Expected:
    """An assertion about a call: its form, and the text compared with.

    The form is `equal`, `is`, `close`, `is_a`, `listed` for what an iterator yields, or `first` for the first of it.
    """

    form: str
    text: str


def expectation_of(value: Any, names: Mapping[str, Any]) -> Expected | None:
    """Return what to expect; None if nothing can be said of the value. `names` are those that a text may use."""
    if value is None or value is True or value is False:
        return Expected("is", repr(value))
    if isinstance(value, float):
        return _of_float(value)
    if isinstance(value, Iterator):
        inner = list(islice(value, _MOST_YIELDED + 1))
        form = "listed" if len(inner) <= _MOST_YIELDED else "first"
        text = text_of(inner if form == "listed" else inner[:FIRST], names)
        return None if text is None else Expected(form, text)
    text = text_of(value, names)
    if text is not None:
        return Expected("equal", text)
    kind = type(value).__name__
    return Expected("is_a", kind) if names.get(kind) is type(value) else None


def text_of(value: Any, names: Mapping[str, Any]) -> str | None:
    """Return the text whose value is equal to this one, in every process; None if there is none that is short."""
    try:
        text = _text(value)
        if len(text) > _LONGEST or "\n" in text or " at 0x" in text:
            return None
        again = eval(text, {**names})  # noqa: S307 - it is the text of a value of the code under test, in the sandbox
        return text if type(again) is type(value) and again == value and _text(again) == text else None
    except Exception:  # noqa: BLE001 - comparing runs foreign code
        return None


def attributes_of(value: Any, names: Mapping[str, Any]) -> dict[str, str]:
    """Return the public attributes and properties of an object whose values can be written, by name."""
    found: dict[str, str] = {}
    held = getattr(value, "__dict__", {})
    properties = [name for name in dir(type(value)) if isinstance(getattr(type(value), name, None), property)]
    for name in (*held, *properties) if isinstance(held, dict) else properties:
        if name.startswith("_") or len(found) >= _MOST_ATTRIBUTES:
            continue
        one = _read(value, name)
        text = text_of(one, names)
        if text is not None and one is not _UNREADABLE and not isinstance(one, float):
            found[name] = text
    return found


def _read(value: Any, name: str) -> Any:
    try:
        return getattr(value, name)
    except Exception:  # noqa: BLE001 - a property that raises is not one to expect something of
        return _UNREADABLE


def _of_float(value: float) -> Expected | None:
    if not math.isfinite(value):
        return None
    return Expected("equal" if value == round(value, 3) else "close", repr(value))


def _text(value: Any) -> str:
    """Return the text of a value; what has no order of its own is written in order."""
    if type(value) is dict:
        return "{" + ", ".join(f"{_text(key)}: {_text(one)}" for key, one in value.items()) + "}"
    if type(value) in {set, frozenset} and value:
        inner = "{" + ", ".join(sorted(map(_text, value))) + "}"
        return inner if type(value) is set else f"frozenset({inner})"
    if type(value) in {list, tuple}:
        inner = ", ".join(map(_text, value))
        return f"[{inner}]" if type(value) is list else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, type):
        return value.__name__
    text, kind = repr(value), type(value)
    # `Decimal('1')` is written with its module, as the test imports that.
    return f"{kind.__module__}.{text}" if kind.__module__ in STANDARD and text.startswith(f"{kind.__name__}(") else text


def is_plain(text: str) -> bool:
    """Return whether the text is a literal."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
