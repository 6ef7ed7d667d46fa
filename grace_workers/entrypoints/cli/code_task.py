"""`grace code task`: give the fleet a coding task, and follow it."""

import json
from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, TaskWait, Urgency, with_endpoint
from grace_workers.foundation.errors import InputError

EXAMPLE = (
    "Examples:  grace code task fix_bug --target shop-code -r 'tests/test_orders.py fails'"
    '    ·    grace code task refactor -r tidy --arguments \'{"intent": "improve_logging", "targets": ["shop.py"]}\''
)


@with_endpoint
def code_task(
    endpoint: Endpoint,
    task: Annotated[str, typer.Argument(help="What to do: fix_bug, refactor …; a wrong one lists all.")],
    reason: Reason,
    target: Annotated[
        str | None, typer.Option(help="A target of kind git that has `python`; may be left out if there is one only.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="sandbox: only show the patch; review: a branch; live: merge it; auto: by its risk.")
    ] = "review",
    arguments: Annotated[str, typer.Option(help="The task's arguments, as a JSON object.")] = "{}",
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="How long the work may take.")] = 120.0,
    auto_merge: Annotated[bool, typer.Option("--auto-merge", help="Merge without a person, if policy allows.")] = False,
    priority: Urgency = 5,
    wait: TaskWait = 180.0,
    as_json: AsJson = False,
) -> None:
    """Give the fleet a coding task. Its result is a plan like any other. Exit 0 only when it was done.

    The token's name is the plan's proposer, so if people are asked, another token must approve it.
    """
    from grace_workers.entrypoints.cli.following import submit_task

    order = {
        "task": task, "target": target, "reason": reason, "mode": mode, "arguments": _object(arguments),
        "seconds": seconds, "auto_merge": auto_merge, "priority": priority,
    }  # fmt: skip
    submit_task(endpoint, "/elite/coding/task", order, wait=wait, as_json=as_json)


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"--arguments is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"--arguments is {type(found).__name__}, not a JSON object")
    return found
