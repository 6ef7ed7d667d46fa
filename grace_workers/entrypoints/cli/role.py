"""`grace node healing` and its like: a node of one role, in the foreground, on the fleet's servers."""

import os
from collections.abc import Callable
from pathlib import Path

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.fleet import NodeRole

_TOLD = {
    NodeRole.CONTROL: "Run a control node here: leadership, sweep, relay, seal and beat; one of several leads.",
    NodeRole.HEALING: "Run a healing node here.",
    NodeRole.CODING: "Run a coding node here.",
    NodeRole.ORCHESTRATION: "Run an orchestration node here.",
    NodeRole.API: "Run the API alone; any number can serve at once behind a proxy.",
    NodeRole.FLOWER: "Run Flower alone, read-only; it stays on loopback unless flower.auth is set.",
}


def register(app: typer.Typer) -> None:
    """Give `grace node` one command for each role."""
    for role, told in _TOLD.items():
        app.command(role.value, help=told, epilog=f"Example:  grace node {role} --config fleet.yaml")(_command(role))


def _command(role: NodeRole) -> Callable[[Path | None, bool], None]:
    def run_role(config: Config = None, as_json: AsJson = False) -> None:
        from grace_workers.bootstrap.broker import flower_of
        from grace_workers.entrypoints.cli.up import run
        from grace_workers.settings import load_settings

        settings = load_settings(config).model_copy(update={"role": role})
        if role is NodeRole.FLOWER:
            # No member of the fleet: it knows no database, so there is nothing to register, migrate or supervise.
            flower = flower_of(settings).process(os.environ)
            os.execve(flower.argv[0], list(flower.argv), dict(flower.environment))  # noqa: S606 - our own interpreter, no shell
        run(settings, as_json=as_json)

    return run_role
