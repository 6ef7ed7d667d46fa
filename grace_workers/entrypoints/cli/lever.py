"""`grace lever`: figures of the fleet that may be changed while it runs."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, PlanWait, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="The fleet's levers: list, set, try.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="LEVER", help="The lever's name, as `grace lever list` gives it.")]
Value = Annotated[int, typer.Argument(min=0, help="The value, in the lever's unit.")]


@app.command("list", epilog="Example:  grace lever list")
@with_endpoint
def list_levers(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the levers with their values, and the value that an experiment compares."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/levers")
    rows = [
        (
            one["name"],
            f"{one['value']} {one['unit']}".rstrip() + (" (set by a plan)" if one["changed"] else ""),
            "" if one["on_trial"] is None else one["on_trial"],
            f"{one['lowest']} to {one['highest']}",
            one["summary"],
        )
        for one in found
    ]
    answer(found, Rows(("lever", "value", "on trial", "bounds", "what it is"), rows), as_json=as_json)


@app.command("set", epilog="Example:  grace lever set relay_batch 750 --reason 'bursts of alerts'")
@with_endpoint
def set_lever(
    endpoint: Endpoint, name: Name, value: Value, reason: Reason, wait: PlanWait = 60.0, as_json: AsJson = False
) -> None:
    """Set a lever by a plan, which is governed, verified and audited like any other. Exit 0 only when it succeeded."""
    _submit(endpoint, name, {"value": value, "reason": reason}, wait=wait, as_json=as_json)


@app.command("try", epilog="Example:  grace lever try relay_batch 750 --reason 'bursts of alerts'")
@with_endpoint
def try_value(
    endpoint: Endpoint, name: Name, value: Value, reason: Reason, wait: PlanWait = 60.0, as_json: AsJson = False
) -> None:
    """Put a value on trial: the optimiser compares it with the present one, and keeps the better."""
    _submit(endpoint, name, {"value": value, "reason": reason, "on_trial": True}, wait=wait, as_json=as_json)


def _submit(endpoint: Endpoint, name: str, order: dict[str, object], *, wait: float, as_json: bool) -> None:
    from urllib.parse import quote

    from grace_workers.entrypoints.cli.following import submit_task

    submit_task(endpoint, f"/api/v1/levers/{quote(name, safe='')}", order, wait=wait, as_json=as_json)
