"""`grace safepoint`: keep what targets hold as one point, put it back, and drop it."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, PlanWait, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="Safe points of several targets: create, list, show, restore, drop.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The point's name, such as release-42.")]
_POINTS = "/api/v1/safe-points"


@app.command("create", epilog="Example:  grace safepoint create release-42 --reason 'before the release of today'")
@with_endpoint
def create_point(
    endpoint: Endpoint,
    name: Name,
    reason: Reason,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="One of its targets; all that can give a part without it."),
    ] = None,
    wait: PlanWait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Keep what the targets hold, dependents first, by a plan. Exit 0 only when all of it is kept."""
    from grace_workers.entrypoints.cli.following import submit_task

    order = {"name": name, "targets": target or [], "reason": reason}
    submit_task(endpoint, _POINTS, order, wait=wait, as_json=as_json)


@app.command("list", epilog="Example:  grace safepoint list")
@with_endpoint
def list_points(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the newest safe points."""
    with endpoint.connect() as api:
        found = api.get(_POINTS)
    rows = [(one["name"], one["at"], ", ".join(part["target"] for part in one["parts"])) for one in found]
    answer(found, Rows(("name", "kept at", "targets"), rows), as_json=as_json)


@app.command("show", epilog="Example:  grace safepoint show release-42")
@with_endpoint
def show_point(endpoint: Endpoint, name: Name, as_json: AsJson = False) -> None:
    """Show what was kept of each target."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.get(f"{_POINTS}/{quote(name, safe='')}")
    rows = [(one["target"], one["items"], one["size"], one["until"], one["sha256"]) for one in found["parts"]]
    answer(found, Rows(("target", "items", "bytes", "kept until", "SHA-256"), rows), as_json=as_json)


@app.command("restore", epilog="Example:  grace safepoint restore release-42 --reason 'the release is bad'")
@with_endpoint
def restore_point(
    endpoint: Endpoint, name: Name, reason: Reason, wait: PlanWait = 60.0, as_json: AsJson = False
) -> None:
    """Make every target of the point what it was, dependencies first, by a plan. Exit 0 only when all of them are."""
    _submit(endpoint, name, "restore", reason, wait=wait, as_json=as_json)


@app.command("drop", epilog="Example:  grace safepoint drop release-42 --reason 'the release is good'")
@with_endpoint
def drop_point(endpoint: Endpoint, name: Name, reason: Reason, wait: PlanWait = 60.0, as_json: AsJson = False) -> None:
    """Drop every part of the point before its time is over, by a plan. Exit 0 only when all of them are gone."""
    _submit(endpoint, name, "drop", reason, wait=wait, as_json=as_json)


def _submit(endpoint: Endpoint, name: str, what: str, reason: str, *, wait: float, as_json: bool) -> None:
    from urllib.parse import quote

    from grace_workers.entrypoints.cli.following import submit_task

    path = f"{_POINTS}/{quote(name, safe='')}/{what}"
    submit_task(endpoint, path, {"reason": reason}, wait=wait, as_json=as_json)
