"""Showing things: tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_COLOURS: Mapping[str, str] = {
    "closed": "green",
    "healed": "green",
    "succeeded": "green",
    "verified": "green",
    "done": "green",
    "escalated": "red",
    "failed": "red",
    "dead": "red",
    "refused": "red",
    "restored": "yellow",
    "awaiting_approval": "yellow",
}


def show_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2, default=str), flush=True)


def console() -> "Console":
    """Return the console; wide where nobody reads it at a terminal, so that lines stay whole."""
    from rich.console import Console

    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=200)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> "Table":
    """Return a table; states get their colour, everything else is taken as it is."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(_words(cell), style=_COLOURS.get(_words(cell), "")) for cell in row))
    return made


def moment(text: str | None) -> str:
    """Return an ISO time as people read it, in local time."""
    if not text:
        return ""
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"


def span(seconds: float | None) -> str:
    """Return seconds as people read them."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def pairs(items: Sequence[str], what: str) -> dict[str, Any]:
    """Return `key=value` items as a mapping; a value that is JSON (`3`, `true`) counts as such.

    Raises:
        InputError: an item is not of that form, or a key stands twice.
    """
    found: dict[str, Any] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise InputError(f"{what} {item[:80]!r} is not of the form key=value")
        if key in found:
            raise InputError(f"{what} {key[:80]!r} stands twice; give it once")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _words(value: Any) -> str:
    return "" if value is None else str(value)
