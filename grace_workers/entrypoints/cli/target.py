"""`grace target`: the targets of now, declared and discovered."""

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="The targets: list them, declared and discovered.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """List targets."""


@app.command("list", epilog="Example:  grace target list")
@with_endpoint
def list_targets(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the targets, with where each comes from."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/targets")
    rows = [
        (
            one["name"],
            one["kind"],
            one["owner"],
            f"discovery {one['origin']}" if one["origin"] else "grace.yaml",
            " ".join(f"{key}={value}" for key, value in sorted(one["labels"].items())),
            " ".join(one["depends_on"]),
        )
        for one in found
    ]
    answer(found, Rows(("target", "kind", "owner", "from", "labels", "depends on"), rows), as_json=as_json)
