"""What the demo prints: every stage as it happens, and the table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grace_workers.entrypoints.demo.faults import DemoFault
from grace_workers.entrypoints.printable import one_line
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.signals import IncidentState

LONGEST = 160
_ASKED = IncidentState.AWAITING_APPROVAL.value
_COLOURS = {
    "closed": "green",
    "verified": "green",
    "restored": "yellow",
    "escalated": "yellow",
    "refused": "red",
    _ASKED: "magenta",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one fault ended. `seconds` is from the break to the incident's end.

    `agreed` says that a person was asked and said yes; with `must_ask`, the fault has not passed without that.
    """

    name: str
    expected: Closing
    got: Closing | None
    well: bool
    must_ask: bool
    agreed: bool
    seconds: float
    remedy: str

    @property
    def passed(self) -> bool:
        """Whether the fleet healed, asked where it had to, and the world is as it should be."""
        return self.got is self.expected and self.well and (self.agreed or not self.must_ask)


def story(console: Console, number: int, total: int, name: str, text: str) -> None:
    """Print the head of a fault."""
    console.print(f"\n[bold]{number}/{total}  {name}[/bold]")
    console.print(f"     {text}", style="dim", highlight=False, soft_wrap=True)


def happening(console: Console, one: Happening, since_break: float) -> None:
    """Print one line of the timeline; print a question to people in full, because it says why they are asked."""
    colour = _COLOURS.get(one.state, "cyan")
    took = f"{one.took * 1000:7.0f} ms" if one.took else " " * 10
    console.print(f"  {since_break:6.2f} s  [{colour}]{one.stage:<10}[/{colour}] {took}  ", end="", highlight=False)
    cut = len(one.headline) > LONGEST and one.state != _ASKED
    headline = f"{one.headline[: LONGEST - 1]}…" if cut else one.headline
    console.print(one_line(headline), markup=False, highlight=False, soft_wrap=True)


def result_of(fault: DemoFault, dossier: Dossier | None, *, well: bool, agreed: bool, seconds: float) -> Result:
    """Return the result of one fault; without a dossier, no incident followed in time."""
    plan = dossier.plan if dossier is not None else None
    return Result(
        name=fault.name,
        expected=fault.expected,
        got=dossier.closing if dossier is not None else None,
        well=well,
        must_ask=fault.approval,
        agreed=agreed,
        seconds=seconds,
        remedy=plan.playbook if plan is not None else "-",
    )


def summary(console: Console, results: Sequence[Result], audit: str, *, intact: bool) -> None:
    """Print the table of all faults and the audit log's verdict."""
    table = Table(title="\nWhat happened", title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in ("fault", "remedy", "expected", "got", "person", "world well", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for one in results:
        well = _coloured("yes" if one.well else "no", good=one.well)
        got = _coloured(one.got or "nothing", good=one.got is one.expected)
        table.add_row(
            one.name, escape(one_line(one.remedy)), one.expected, got, _person(one), well, f"{one.seconds:.1f}"
        )
    console.print(table)
    console.print(f"\naudit log: {_coloured(audit, good=intact)}", highlight=False)


def verdict(console: Console, *, passed: bool) -> None:
    """Print whether all ended as expected."""
    words = "every fault ended as expected" if passed else "not every fault ended as expected"
    console.print(_coloured(words, good=passed))


def _person(one: Result) -> str:
    if one.agreed:
        return _coloured("agreed", good=True)
    return _coloured("not asked", good=False) if one.must_ask else "-"


def _coloured(words: str, *, good: bool) -> str:
    return f"[{'green' if good else 'red'}]{escape(one_line(words))}[/]"
