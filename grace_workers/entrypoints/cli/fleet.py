"""`grace fleet`: the instances of the fleet, their health, and who leads."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, DrainGrace, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="The instances of the fleet: list, quarantine, rejoin, drain, fail over.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The instance's name, as listed by `grace fleet status`.")]

_WELL = frozenset({"healthy", "degraded", "draining"})


@app.command(epilog="Examples:  grace fleet status    ·    grace fleet status --parts")
@with_endpoint
def status(
    endpoint: Endpoint,
    parts: Annotated[bool, typer.Option("--parts", help="Show the parts of every score.")] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Show dead and departed instances too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every instance: health, score, roles, pools, running jobs. Exit 1 when one is unhealthy or none leads."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/fleet")
    shown = [one for one in found["instances"] if gone or one["state"] in {"alive", "silent"}]
    leader = found["leader"]
    leads = f"{leader['instance']} leads (epoch {leader['epoch']})" if leader else "no instance leads"
    answer({**found, "instances": shown}, _table(shown), leads, *_reasons(shown, parts=parts), as_json=as_json)
    present = [one for one in shown if one["state"] in {"alive", "silent"}]
    unwell = [one for one in present if one["state"] == "silent" or one["health"] not in _WELL]
    if unwell or found["leader"] is None:
        raise typer.Exit(1)


@app.command(epilog="Example:  grace fleet quarantine node-3 --reason 'its disk is failing'")
@with_endpoint
def quarantine(
    endpoint: Endpoint,
    name: Name,
    reason: Reason,
    force: Annotated[
        bool, typer.Option("--force", help=("Even the last healthy instance; needs the role admin."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Quarantine an instance until it rejoins: it takes no more jobs, and its running ones are handed to others."""
    _order(endpoint, name, "quarantine", {"reason": reason, "force": force}, as_json=as_json)


@app.command(epilog="Example:  grace fleet rejoin node-3")
@with_endpoint
def rejoin(endpoint: Endpoint, name: Name, as_json: AsJson = False) -> None:
    """Let an instance rejoin: it is repaired, must pass its canary jobs, and then works again."""
    _order(endpoint, name, "rejoin", None, as_json=as_json)


@app.command(epilog="Example:  grace fleet drain node-3 --grace 60")
@with_endpoint
def drain(
    endpoint: Endpoint,
    name: Name,
    grace: DrainGrace = 30.0,
    reason: Reason = "drained",
    as_json: AsJson = False,
) -> None:
    """Let an instance finish its running jobs, hand over the rest, and exit. Returns at once; see `status`."""
    _order(endpoint, name, "drain", {"grace": grace, "reason": reason}, as_json=as_json)


@app.command(epilog="Example:  grace fleet failover")
@with_endpoint
def failover(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Make the current leader step down; another instance leads within a second. Refused without another."""
    with endpoint.connect() as api:
        found = api.post("/api/v1/fleet/failover")
    answer(
        found, f"{found['stepped_down']} has stepped down; `grace fleet status` shows who leads now", as_json=as_json
    )


def _table(instances: list[dict[str, Any]]) -> Rows:
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
    return Rows(columns, rows)


def _reasons(instances: list[dict[str, Any]], *, parts: bool) -> Iterator[str]:
    for one in instances:
        if one["health"] not in {"healthy", "degraded"}:
            yield f"{one['name']} has been {one['health']} for {one['health_for']:.0f} s: {one['reason']}"
        for part in one["parts"]:
            if parts or part["value"] < 1:
                yield f"{one['name']}: {part['name']} {part['value']:.2f}, {part['why']}"


def _order(endpoint: Endpoint, name: str, verb: str, body: dict[str, Any] | None, *, as_json: bool) -> None:
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/fleet/{quote(name, safe='')}/{verb}", body)
    answer(found, f"{found['name']} is {found['health']}", as_json=as_json)
