"""The demo: a small real service, real faults, and the fleet that heals them while the user watches."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command(epilog="Examples:  grace demo    ·    grace demo --exit    ·    grace demo --code")
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help=("Exit after the faults, with 1 unless all ended as expected."))
    ] = False,
    code: Annotated[
        bool, typer.Option("--code", help="Break the service's code as well, which takes about a minute longer.")
    ] = False,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", envvar="GRACE_DATA_DIR", help="Where to keep everything.")
    ] = Path(".grace"),
) -> None:
    """Start a whole node, break a small real service in six ways, and watch the fleet heal it.

    Afterwards the node keeps running, for you to look around; Ctrl-C stops it.
    """
    from rich.console import Console

    from grace_workers.entrypoints.demo.faults import faults_of
    from grace_workers.entrypoints.demo.run import Demo

    played = Demo(Console(), stay=not leave, faults=faults_of(with_code=code))
    played.run(data_dir)
    if leave and not played.passed:
        raise typer.Exit(1)
