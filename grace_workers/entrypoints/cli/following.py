"""Following a task from the command line to its end."""

import time
from typing import Any

import typer

from grace_workers.entrypoints.cli.output import say, span

_ENDED = frozenset({"succeeded", "failed", "cancelled", "dead"})
_LOOK_SECONDS = 0.3


def follow(api: Any, task: dict[str, Any], seconds: float, *, tell: bool) -> dict[str, Any]:
    """Return the task once it has ended, waits for people, or the time is up; print its timeline meanwhile."""
    deadline, told = time.monotonic() + seconds, 0
    while True:
        task = api.get(f"/elite/tasks/{task['id']}")
        for one in task["timeline"][told:] if tell else ():
            say(f"  {one['stage']:<11} {one['state']:<18} {span(one['took']):>9}  {one['headline']}")
        told = len(task["timeline"])
        if task["state"] in _ENDED or task["state"] == "awaiting_approval" or time.monotonic() > deadline:
            return task
        time.sleep(_LOOK_SECONDS)


def leave(task: dict[str, Any], *, tell: bool) -> None:
    """Print the task's state; exit with 1 unless it succeeded."""
    if tell:
        say(f"{task['state']}" + (f": {task['error']}" if task["error"] else ""))
        if task["state"] == "awaiting_approval":
            say(f"a person must approve: grace approve {task['incident']} --reason '…'")
    if task["state"] != "succeeded":
        raise typer.Exit(1)
