"""What the demo prints: every stage as it happens, and the table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from grace_workers.orchestration.dossier import Dossier, Happening

LONGEST = 160
_COLOURS = {
    "closed": "green",
    "verified": "green",
    "restored": "yellow",
    "escalated": "yellow",
    "refused": "red",
    "awaiting_approval": "magenta",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one fault ended. `seconds` is from the break to the incident's end."""

    name: str
    expected: tuple[str, ...]
    got: str
    well: bool
    seconds: float
    remedy: str

    @property
    def passed(self) -> bool:
        """Whether the fleet did what it should, and the world is as it should be."""
        return self.got in self.expected and self.well


def story(console: Console, number: int, total: int, name: str, text: str) -> None:
    """Print the head of a fault."""
    console.print(f"\n[bold]{number}/{total}  {name}[/bold]")
    console.print(f"     {text}", style="dim", highlight=False, soft_wrap=True)


def happening(console: Console, one: Happening, since_break: float) -> None:
    """Print one line of the timeline."""
    colour = _COLOURS.get(one.state, "cyan")
    took = f"{one.took * 1000:7.0f} ms" if one.took else " " * 10
    console.print(f"  {since_break:6.2f} s  [{colour}]{one.stage:<10}[/{colour}] {took}  ", end="", highlight=False)
    headline = one.headline if len(one.headline) <= LONGEST else f"{one.headline[: LONGEST - 1]}…"
    console.print(headline, markup=False, highlight=False, soft_wrap=True)


def result_of(name: str, expected: tuple[str, ...], dossier: Dossier | None, *, well: bool, seconds: float) -> Result:
    """Return the result of one fault."""
    got = dossier.closing.value if dossier is not None and dossier.closing is not None else "nothing"
    plan = dossier.plan if dossier is not None else None
    return Result(
        name=name,
        expected=expected,
        got=got,
        well=well,
        seconds=seconds,
        remedy=plan.playbook if plan is not None else "-",
    )


def summary(console: Console, results: Sequence[Result], audit: str, *, intact: bool) -> None:
    """Print the table of all faults and the audit log's verdict."""
    table = Table(title="\nWhat happened", title_justify="left", box=None, header_style="bold", pad_edge=False)
    for heading in ("fault", "remedy", "expected", "got", "world well", "seconds"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    for one in results:
        mark = "[green]yes[/green]" if one.well else "[red]no[/red]"
        got = f"[green]{one.got}[/green]" if one.got in one.expected else f"[red]{one.got}[/red]"
        table.add_row(one.name, one.remedy, one.expected[0], got, mark, f"{one.seconds:.1f}")
    console.print(table)
    console.print(f"\naudit log: [{'green' if intact else 'red'}]{audit}[/]", highlight=False)
