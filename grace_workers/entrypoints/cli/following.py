"""Submitting a task from the command line, and following it to its end."""

import time
from collections.abc import Mapping
from typing import Any

import typer

from grace_workers.entrypoints.cli.options import Endpoint
from grace_workers.entrypoints.cli.output import say, show_json, span

_ENDED = frozenset({"succeeded", "failed", "cancelled", "dead"})
_LOOK_SECONDS = 0.3


def submit_task(
    endpoint: Endpoint, path: str, order: Mapping[str, Any], *, wait: float, as_json: bool, key: str | None = None
) -> None:
    """Submit a task and follow it for `wait` seconds; with 0, only submit it. Exits with 1 unless it succeeded."""
    with endpoint.connect() as api:
        task = api.post(path, order, key=key)
        if not as_json:
            say(f"task {task['id']}")
        if wait > 0:
            task = _followed(api, task, wait, tell=not as_json)
    if as_json:
        show_json(task)
    if wait > 0:
        _leave(task, tell=not as_json)


def _followed(api: Any, task: dict[str, Any], seconds: float, *, tell: bool) -> dict[str, Any]:
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


def _leave(task: dict[str, Any], *, tell: bool) -> None:
    """Print the task's state; exit with 1 unless it succeeded."""
    if tell:
        say(f"{task['state']}" + (f": {task['error']}" if task["error"] else ""))
        if task["state"] == "awaiting_approval":
            say(f"a person must approve: grace approve {task['incident']} --reason '…'")
    if task["state"] != "succeeded":
        raise typer.Exit(1)
