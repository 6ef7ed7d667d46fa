"""`grace node`: this machine's node and the fleet around it."""

import json
from datetime import timedelta
from typing import Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, DrainGrace, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment
from grace_workers.entrypoints.cli.role import register

app = typer.Typer(help="Run a node of one role; show this machine's node and the fleet.", no_args_is_help=True)
register(app)

_WELL = {"ready", "paused"}


@app.command(epilog="Example:  grace node status")
def status(config: Config = None, as_json: AsJson = False) -> None:
    """Show the kernels and processes of the node that runs from this data directory.

    Exit 1 when it is not healthy, or one of its processes is neither ready nor paused.
    """
    from grace_workers.foundation.errors import NotFoundError
    from grace_workers.foundation.own_file import read_own
    from grace_workers.settings import load_settings

    path = load_settings(config).data_dir / "node.json"
    try:
        found: dict[str, Any] = json.loads(read_own(path))
    except FileNotFoundError as error:
        raise NotFoundError(f"no node is running in {path.parent}; start one with `grace up`") from error
    children: dict[str, Any] = found["children"]
    note = f": {found['note']}" if found["note"] else ""
    kernels = [(name, one["state"], one["told"]) for name, one in found["kernels"].items()]
    rows = [(name, one["state"], one["pid"], one["restarts"], one["trouble"]) for name, one in children.items()]
    tables = Rows(("kernel", "state", "seen"), kernels), Rows(("process", "state", "pid", "restarts", "trouble"), rows)
    answer(found, f"node {found['health']}{note}", *tables, as_json=as_json)
    if found["health"] != "healthy" or any(one["state"] not in _WELL for one in children.values()):
        raise typer.Exit(1)


@app.command(epilog="Examples:  grace node drain    ·    grace node drain --grace 120 --reason 'new kernel'")
def drain(
    grace: DrainGrace = 30.0,
    reason: Reason = "drained",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let this machine's node finish its running jobs, hand over the rest, and end; wait for its end.

    Needs the database, not the API, so it also works while the API is down. Exit 1 when it has not ended in time.
    """
    from grace_workers.entrypoints.cli.draining import drain_here
    from grace_workers.settings import load_settings

    ended = drain_here(load_settings(config), timedelta(seconds=grace), reason=reason)
    told = (
        f"{ended.instance} has left the fleet and exited after {ended.took:.1f} s"
        if ended.ended
        else f"{ended.instance} is draining, but did not exit within {ended.took:.1f} s; check with `grace node status`"
    )
    answer({"instance": ended.instance, "ended": ended.ended, "took": ended.took}, told, as_json=as_json)
    if not ended.ended:
        raise typer.Exit(1)


@app.command("list", epilog="Example:  grace node list --json")
@with_endpoint
def list_nodes(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show the nodes of the fleet, and whether one of them leads."""
    with endpoint.connect() as api:
        found = api.get("/elite/status")
    rows = [
        (one["name"], one["health"], one["epoch"], " ".join(one["pools"]), moment(one["heartbeat_at"]))
        for one in found["instances"]
    ]
    nodes = Rows(("node", "health", "epoch", "pools", "heartbeat"), rows)
    leads = "a node leads" if found["leader"] else "no node leads"
    answer({"instances": found["instances"], "leader": found["leader"]}, nodes, leads, as_json=as_json)
