"""How a boot is shown: a live table on a terminal, plain lines elsewhere, JSON lines for programs."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grace_workers.entrypoints.cli.output import say, say_json, styled
from grace_workers.fleet import Phase
from grace_workers.node.progress import Progress

_QUIET = {"started", "starting", "waiting"}
_MARKS = {
    "done": ("✓", "green"),
    "ready": ("✓", "green"),
    "limited": ("◐", "yellow"),
    "absent": ("-", "dim"),
    "failed": ("✗", "red"),
    "backing_off": ("✗", "red"),
    "unready": ("!", "red"),
    "started": ("…", "cyan"),
    "starting": ("…", "cyan"),
    "waiting": ("…", "cyan"),
}
_PLAIN = ("·", "")


class BootView(Protocol):
    """Shows a node's reports."""

    def tell(self, progress: Progress) -> None:
        """Show one thing that happened. Called from any thread."""
        ...

    def ended(self) -> None:
        """The boot is over; what follows is shown as lines."""
        ...


class JsonLines:
    """One JSON object a line."""

    def tell(self, progress: Progress) -> None:
        """Print it."""
        say_json(asdict(progress))

    def ended(self) -> None:
        """Nothing changes."""


class PlainLines:
    """One line for each end of something; beginnings are left out."""

    def tell(self, progress: Progress) -> None:
        """Print it unless it only begins."""
        if progress.state not in _QUIET or progress.stage == "boot limit":
            say(line_of(progress))

    def ended(self) -> None:
        """Nothing changes."""


class LiveTable:
    """A table of the phases, with a row for each kernel and step, that changes in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._phases: dict[Phase, Progress] = {}
        self._rows: dict[Phase, dict[str, Progress]] = {phase: {} for phase in Phase}
        self._live: Live | None = None

    def begin(self) -> None:
        """Show the empty table."""
        self._live = Live(self._table(), console=self._console, refresh_per_second=10)
        self._live.start()

    def tell(self, progress: Progress) -> None:
        """Show it in its row; a report that belongs to no phase is a separate line."""
        with self._lock:
            if self._live is None or progress.phase is None:
                if progress.state not in _QUIET or progress.stage == "boot limit":
                    self._console.print(styled(line_of(progress)), highlight=False, soft_wrap=True)
                return
            if progress.is_phase:
                self._phases[progress.phase] = progress
            else:
                self._rows[progress.phase][progress.stage] = progress
            self._live.update(self._table())

    def ended(self) -> None:
        """Leave the table as it is."""
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False, expand=True)
        table.add_column(width=1)
        table.add_column(no_wrap=True, max_width=34)
        table.add_column(width=10, no_wrap=True)
        table.add_column(width=8, justify="right", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        fits = len(Phase) + sum(len(rows) for rows in self._rows.values()) < self._console.height
        for number, phase in enumerate(Phase, 1):
            told = self._phases.get(phase)
            _add(table, told, f"{number} {phase.value}", bold=True)
            # A table taller than the terminal would hide the current phase, so finished rows are dropped.
            if told is not None and (told.state != "done" or fits):
                for one in self._rows[phase].values():
                    _add(table, one, f"    {one.stage}", bold=False)
        return table


def _add(table: Table, told: Progress | None, name: str, *, bold: bool) -> None:
    if told is None:
        table.add_row("", Text(name, style="dim"))
        return
    mark, colour = _MARKS.get(told.state, _PLAIN)
    took = "" if told.took is None else f"{told.took:.2f} s"
    table.add_row(
        Text(mark, style=colour),
        styled(name, "bold" if bold else ""),
        Text(told.state, style=colour),
        took,
        styled((told.note or "").partition("\n")[0], "dim"),
    )


def line_of(progress: Progress) -> str:
    """Return it as one line of plain text."""
    mark, _ = _MARKS.get(progress.state, _PLAIN)
    spent = "" if progress.took is None else f"  {progress.took:6.2f} s"
    told = f"  {progress.note}" if progress.note else ""
    indent = "" if progress.is_phase or progress.phase is None else "  "
    return f"  {indent}{mark} {progress.stage:<26} {progress.state:<11}{spent}{told}"


@contextmanager
def boot_view(*, as_json: bool) -> Iterator[BootView]:
    """Return the view that suits the reader of the output."""
    if as_json:
        yield JsonLines()
    elif not sys.stdout.isatty():
        yield PlainLines()
    else:
        view = LiveTable(Console())
        view.begin()
        try:
            yield view
        finally:
            view.ended()
