"""`grace fleet`: the instances of the fleet, their health, and who leads."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Reason, Token, Url
from grace_workers.entrypoints.cli.output import say

app = typer.Typer(help="The instances of the fleet: list, quarantine, rejoin, drain, fail over.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The instance's name, as listed by `grace fleet status`.")]
Place = tuple[Any, Any, Any]

_WELL = frozenset({"healthy", "degraded", "draining"})


@app.command(epilog="Examples:  grace fleet status    ·    grace fleet status --parts")
def status(
    parts: Annotated[bool, typer.Option("--parts", help="Show the parts of every score.")] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Show dead and departed instances too.")] = False,
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show every instance: health, score, roles, pools, running jobs. Exit 1 when one is unhealthy or none leads."""
    from grace_workers.entrypoints.cli.output import console, show_json

    found = _get((url, token, config))
    shown = [one for one in found["instances"] if gone or one["state"] in {"alive", "silent"}]
    if as_json:
        show_json({**found, "instances": shown})
    else:
        console().print(_table(shown))
        leader = found["leader"]
        say(f"{leader['instance']} leads (epoch {leader['epoch']})" if leader else "no instance leads")
        _tell_why(shown, parts=parts)
    present = [one for one in shown if one["state"] in {"alive", "silent"}]
    unwell = [one for one in present if one["state"] == "silent" or one["health"] not in _WELL]
    if unwell or found["leader"] is None:
        raise typer.Exit(1)


@app.command(epilog="Example:  grace fleet quarantine node-3 --reason 'its disk is failing'")
def quarantine(
    name: Name,
    reason: Reason,
    force: Annotated[
        bool, typer.Option("--force", help=("Even the last healthy instance; needs the role admin."))
    ] = False,
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Quarantine an instance until it rejoins: it takes no more jobs, and its running ones are handed to others."""
    _told(_post((url, token, config), name, "quarantine", {"reason": reason, "force": force}), as_json=as_json)


@app.command(epilog="Example:  grace fleet rejoin node-3")
def rejoin(name: Name, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Let an instance rejoin: it is repaired, must pass its canary jobs, and then works again."""
    _told(_post((url, token, config), name, "rejoin", None), as_json=as_json)


@app.command(epilog="Example:  grace fleet drain node-3 --grace 60")
def drain(
    name: Name,
    grace: Annotated[
        float,
        typer.Option(min=0, help=("Seconds that running jobs may take to finish; the rest is handed to other nodes.")),
    ] = 30.0,
    reason: Annotated[
        str, typer.Option("--reason", "-r", help=("The reason, for people who read the audit log later."))
    ] = "drained",
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let an instance finish its running jobs, hand over the rest, and exit. Returns at once; see `status`."""
    _told(_post((url, token, config), name, "drain", {"grace": grace, "reason": reason}), as_json=as_json)


@app.command(epilog="Example:  grace fleet failover")
def failover(url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Make the current leader step down; another instance leads within a second. Refused without another."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import show_json

    with connect(url, token, config) as api:
        found = api.post("/api/v1/fleet/failover")
    if as_json:
        show_json(found)
    else:
        say(f"{found['stepped_down']} has stepped down; `grace fleet status` shows who leads now")


def _table(instances: list[dict[str, Any]]) -> Any:
    from grace_workers.entrypoints.cli.output import table

    columns = ("instance", "state", "health", "score", "lead", "roles", "pools", "running", "heartbeat")
    rows = [
        (
            one["name"],
            one["state"],
            one["health"],
            f"{one['score']:.2f}",
            "leads" if one["leads"] else f"{one['standby']} standby" if one["standby"] else "",
            " ".join(one["roles"]),
            " ".join(one["pools"]),
            one["running"],
            f"{one['heartbeat_age']:.1f} s ago",
        )
        for one in instances
    ]
    return table(columns, rows)


def _tell_why(instances: list[dict[str, Any]], *, parts: bool) -> None:
    for one in instances:
        if one["health"] not in {"healthy", "degraded"}:
            say(f"{one['name']} has been {one['health']} for {one['health_for']:.0f} s: {one['reason']}")
        for part in one["parts"]:
            if parts or part["value"] < 1:
                say(f"{one['name']}: {part['name']} {part['value']:.2f}, {part['why']}")


def _get(place: Place) -> dict[str, Any]:
    from grace_workers.entrypoints.cli.connection import connect

    with connect(*place) as api:
        found: dict[str, Any] = api.get("/api/v1/fleet")
    return found


def _post(place: Place, name: str, verb: str, body: dict[str, Any] | None) -> dict[str, Any]:
    from urllib.parse import quote

    from grace_workers.entrypoints.cli.connection import connect

    with connect(*place) as api:
        found: dict[str, Any] = api.post(f"/api/v1/fleet/{quote(name, safe='')}/{verb}", body)
    return found


def _told(instance: dict[str, Any], *, as_json: bool) -> None:
    from grace_workers.entrypoints.cli.output import show_json

    if as_json:
        show_json(instance)
    else:
        say(f"{instance['name']} is {instance['health']}")
