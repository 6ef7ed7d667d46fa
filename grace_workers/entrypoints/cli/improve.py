"""`grace improve`: what the improvement cycle changed, and whether it helped."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, PlanWait, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="Improvements of the fleet: list, take back.", no_args_is_help=True)

Key = Annotated[
    str, typer.Argument(metavar="KEY", help="As `grace improve list` gives it; of a playbook its name is enough.")
]

_COLUMNS = ("key", "change", "state", "since", "before", "predicted", "measured", "what happened last")


@app.command("list", epilog="Example:  grace improve list --past 20")
@with_endpoint
def list_improvements(
    endpoint: Endpoint,
    past: Annotated[int, typer.Option(min=0, max=200, help="How many of those that are over.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List what was proposed, what each predicts, and what was measured since it is in force."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/improvements", past=str(past))
    tables = [Rows(_COLUMNS, [_row(one) for one in found["open"]])]
    if found["past"]:
        tables.append(Rows(_COLUMNS, [_row(one) for one in found["past"]], title="Over"))
    answer(found, *tables, as_json=as_json)


@app.command(
    "take-back", epilog="Example:  grace improve take-back restart_dead_service --reason 'the file is changed'"
)
@with_endpoint
def take_back(endpoint: Endpoint, key: Key, reason: Reason, wait: PlanWait = 60.0, as_json: AsJson = False) -> None:
    """End an improvement by a plan. Exit 0 only when it succeeded."""
    from urllib.parse import quote

    from grace_workers.entrypoints.cli.following import submit_task

    path = f"/api/v1/improvements/{quote(key, safe='')}/withdraw"
    submit_task(endpoint, path, {"reason": reason}, wait=wait, as_json=as_json)


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    measured = "" if one["since"] is None else f"{_figure(one, 'since')} of {one['seen']}"
    state = one["state"].replace("_", " ")
    told = (_figure(one, "before"), _figure(one, "predicted"), measured, one["told"])
    return one["key"], one["change"], state, moment(one["moved_at"]), *told


def _figure(one: dict[str, Any], name: str) -> str:
    return f"{one[name]:.0%}" if one["share"] else f"{one[name]:g}"
