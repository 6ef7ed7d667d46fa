"""`grace plan`: submit a ready plan, and follow it."""

from pathlib import Path
from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint

app = typer.Typer(help="Submit ready plans.", no_args_is_help=True)


@app.callback()
def _plans() -> None:
    """Submit ready plans."""


@app.command(epilog="Example:  grace plan submit clear-cache.yaml --key release-42")
@with_endpoint
def submit(
    endpoint: Endpoint,
    file: Annotated[Path, typer.Argument(help="A YAML file with the plan.")],
    priority: Annotated[int, typer.Option(min=1, max=10, help="1 to 10; 10 is most urgent.")] = 5,
    key: Annotated[str | None, typer.Option(help="The same key gives the same task.")] = None,
    wait: Annotated[float, typer.Option(help="Follow it for this many seconds; 0 only submits.")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Submit a ready plan, and follow it to its end. Exit 0 only when it succeeded.

    It enters the line at governance. The token's name is its proposer, so if people are asked, another token must
    approve it.
    """
    from grace_workers.entrypoints.cli.following import submit_task
    from grace_workers.foundation.yaml_file import read_source

    order = {"plan": read_source(file, str(file)).value, "priority": priority}
    submit_task(endpoint, "/api/v1/plans", order, wait=wait, as_json=as_json, key=key)
