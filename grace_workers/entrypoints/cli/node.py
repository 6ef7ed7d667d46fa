"""`grace node`: this machine's node and the fleet around it."""

import json
from typing import Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Token, Url
from grace_workers.entrypoints.cli.role import register

app = typer.Typer(help="Run a node of one role; look at this machine's node and at the fleet.", no_args_is_help=True)
register(app)


@app.command(epilog="Example:  grace node status")
def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the processes of the node that runs from this data directory. Exit 1 when one of them is not well."""
    from grace_workers.entrypoints.cli.output import console, show_json, table
    from grace_workers.foundation.errors import NotFoundError
    from grace_workers.settings import load_settings

    path = load_settings(config).data_dir / "node.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"no node runs in {path.parent}; start one with `grace up`") from error
    children: dict[str, Any] = found["children"]
    if as_json:
        show_json(found)
    else:
        rows = [(name, one["state"], one["pid"], one["restarts"], one["trouble"]) for name, one in children.items()]
        console().print(table(("process", "state", "pid", "restarts", "trouble"), rows))
    if any(one["state"] != "ready" for one in children.values()):
        raise typer.Exit(1)


@app.command("list", epilog="Example:  grace node list --json")
def list_nodes(url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the nodes of the fleet, and whether one of them leads."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import console, moment, show_json, table

    with connect(url, token, config) as api:
        found = api.get("/elite/status")
    if as_json:
        show_json({"instances": found["instances"], "leader": found["leader"]})
        return
    rows = [
        (one["name"], one["health"], one["epoch"], " ".join(one["pools"]), moment(one["heartbeat_at"]))
        for one in found["instances"]
    ]
    console().print(table(("node", "health", "epoch", "pools", "heartbeat"), rows))
    console().print("a node leads" if found["leader"] else "no node leads")
