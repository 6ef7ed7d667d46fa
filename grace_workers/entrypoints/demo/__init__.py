"""The demo: a small real service, real faults, and the fleet that heals them while the user watches."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command(epilog="Examples:  grace demo    ·    grace demo --exit    ·    grace demo --no-code")
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help=("Exit after the faults, with 1 unless all ended as expected."))
    ] = False,
    code: Annotated[
        bool | None,
        typer.Option(
            "--code/--no-code",
            help="Whether to break the service's code as well; by default, where git and pytest are.",
        ),
    ] = None,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", envvar="GRACE_DATA_DIR", help="Where to keep everything.")
    ] = Path(".grace"),
) -> None:
    """Start a whole node, break a small real service in seven ways, and watch the fleet heal it.

    Afterwards the node keeps running, for you to look around; Ctrl-C stops it.
    """
    from rich.console import Console

    from grace_workers.entrypoints.demo.code import missing
    from grace_workers.entrypoints.demo.faults import faults_of
    from grace_workers.entrypoints.demo.run import Demo

    console = Console()
    if code is None and (lacks := missing()):
        console.print(f"The fault in the service's code is left out, because it needs {lacks}.", highlight=False)
    played = Demo(console, stay=not leave, faults=faults_of(with_code=code))
    played.run(data_dir)
    if leave and not played.passed:
        raise typer.Exit(1)
