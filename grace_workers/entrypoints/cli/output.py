"""Output: tables for people, JSON for programs. Every line that a command prints goes through here."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from grace_workers.entrypoints.printable import json_text, lines, one_line
from grace_workers.foundation.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from grace_workers.foundation.yaml_file import FileFault

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


def say(line: object = "") -> None:
    """Print one line; control characters in it are neutralised."""
    sys.stdout.write(f"{one_line(line)}\n")
    sys.stdout.flush()


def complain(text: object) -> None:
    """Print to standard error; lines after the first are indented."""
    sys.stderr.write(f"{lines(text)}\n")
    sys.stderr.flush()


def show_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(f"{json_text(value, indent=2)}\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.write(f"{json_text(value)}\n")
    sys.stdout.flush()


def styled(text: object, style: str = "") -> "Text":
    """Return text for Rich, without markup and with control characters neutralised."""
    from rich.text import Text

    return Text(one_line(text), style=style)


def console() -> "Console":
    """Return the console; wide when the output is not a terminal, so that lines stay whole."""
    from rich.console import Console

    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=200)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None) -> "Table":
    """Return a table; states are coloured, everything else is plain."""
    from rich.table import Table

    head = None if title is None else styled(title)
    made = Table(title=head, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(styled(column), overflow="fold")
    for row in rows:
        made.add_row(*(styled(_words(cell), _COLOURS.get(_words(cell), "")) for cell in row))
    return made


@dataclass(frozen=True, slots=True)
class Rows:
    """A table, made only if it is printed."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    title: str | None = None


def answer(value: Any, *words: str | Rows, as_json: bool) -> None:
    """Print `value` as one JSON document for programs, or the lines and tables of `words` for people."""
    if as_json:
        show_json(value)
        return
    for one in words:
        if isinstance(one, Rows):
            console().print(table(one.columns, one.rows, title=one.title))
        else:
            say(one)


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
        InputError: an item is not of that form, or a key is given twice.
    """
    found: dict[str, Any] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise InputError(f"{what} {item[:80]!r} is not of the form key=value")
        if key in found:
            raise InputError(f"duplicate {what} {key[:80]!r}; give it once")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _words(value: Any) -> str:
    return "" if value is None else str(value)


def show_faults(faults: Sequence["FileFault"], *, as_json: bool) -> None:
    """Print the faults of files, one a line, and their number. Exits with 2 when there is one."""
    import typer

    if as_json:
        show_json([{"file": one.file, "line": one.line, "message": one.message} for one in faults])
    else:
        for fault in faults:
            say(fault)
        say(f"{len(faults)} fault{'' if len(faults) == 1 else 's'}")
    if faults:
        raise typer.Exit(2)
