"""`grace plan`: submit a ready plan and follow it, or change one that waits for a person."""

from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, AskedId, Endpoint, Reason, TaskWait, Urgency, with_endpoint
from grace_workers.entrypoints.cli.output import answer, pairs
from grace_workers.foundation.errors import InputError

app = typer.Typer(help="Submit ready plans, and change those that wait for a person.", no_args_is_help=True)


@app.callback()
def _plans() -> None:
    """Submit ready plans, and change those that wait for a person."""


@app.command(epilog="Example:  grace plan submit clear-cache.yaml --key release-42")
@with_endpoint
def submit(
    endpoint: Endpoint,
    file: Annotated[Path, typer.Argument(help="A YAML file with the plan.")],
    priority: Urgency = 5,
    key: Annotated[str | None, typer.Option(help="The same key gives the same task.")] = None,
    wait: TaskWait = 60.0,
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


@app.command("edit", epilog="Example:  grace plan edit 0198c0de-… restart.grace_period=30s --reason 'it stops slowly'")
@with_endpoint
def edit_plan(
    endpoint: Endpoint,
    asked: AskedId,
    params: Annotated[list[str], typer.Argument(help="Each param to change, as step.param=value.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Change params of a plan that waits for a person. It is governed anew, and you cannot approve it."""
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(asked, "approval or incident")
    changed: Any = {}
    for name, value in pairs(params, "param").items():
        step, dot, param = name.partition(".")
        if not dot or not param:
            raise InputError(f"param {name[:80]!r} names no step; write step.param=value")
        changed.setdefault(step, {})[param] = value
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/approvals/{wanted}/edit", {"params": changed, "reason": reason})
    answer(found, f"the plan of incident {found['id']} is governed anew", as_json=as_json)
