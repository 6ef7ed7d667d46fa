"""`grace heal`: request the healing of a target, and follow it."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import (
    AsJson,
    DeclaredTarget,
    Endpoint,
    Reason,
    TaskWait,
    Urgency,
    with_endpoint,
)
from grace_workers.entrypoints.cli.output import pairs

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Examples:  grace heal shop --reason 'it does not answer'"
    "    ·    grace heal shop-db -p vacuum_bloated_table --param table=orders -r 'bloated' --wait 60"
)
@with_endpoint
def heal(
    endpoint: Endpoint,
    target: DeclaredTarget,
    reason: Reason,
    playbook: Annotated[
        str | None, typer.Option("--playbook", "-p", help=("Without one, the fleet diagnoses the target."))
    ] = None,
    param: Annotated[list[str] | None, typer.Option(help="A param of the playbook, as key=value.")] = None,
    priority: Urgency = 5,
    wait: TaskWait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Request the healing of a target, and follow it to its end. Exit 0 only when it was healed.

    The token's name is the plan's proposer, so if people are asked, another token must approve it.
    """
    from grace_workers.entrypoints.cli.following import submit_task

    order = {
        "target": target,
        "reason": reason,
        "playbook": playbook,
        "params": pairs(param or [], "param"),
        "priority": priority,
    }
    submit_task(endpoint, "/elite/healing/task", order, wait=wait, as_json=as_json)
