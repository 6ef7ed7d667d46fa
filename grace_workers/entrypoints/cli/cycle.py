"""`grace cycle`: what runs periodically, what it found, and how to start or pause it."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, HowMany, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="The cycles: list, show, findings, run, pause, resume.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="CYCLE", help="The cycle's name, as `grace cycle list` gives it.")]


@app.command("list", epilog="Example:  grace cycle list")
@with_endpoint
def list_cycles(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the cycles with their next and newest run. Exit 1 when the newest run of one failed."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/cycles")
    rows = [
        (
            one["name"],
            _every(one["cadence"]),
            "paused" if one["pause"] else moment(one["next_at"]),
            moment(one["last"]["submitted_at"]) if one["last"] else "",
            one["last"]["state"] if one["last"] else "",
            one["findings"] or "",
            one["summary"],
        )
        for one in found
    ]
    answer(found, Rows(("cycle", "every", "next", "last", "ended", "findings", "what it does"), rows), as_json=as_json)
    if any(one["last"] and one["last"]["state"] in {"failed", "dead"} for one in found):
        raise typer.Exit(1)


@app.command(epilog="Example:  grace cycle show improvement")
@with_endpoint
def show(endpoint: Endpoint, name: Name, as_json: AsJson = False) -> None:
    """Show a cycle's newest runs and what it found."""
    with endpoint.connect() as api:
        found = api.get(_path(name))
    one = found["cycle"]
    told = f"{one['name']}, every {_every(one['cadence'])}: {one['summary']}"
    when = (
        _paused(one["pause"]) if one["pause"] else f"next run {moment(one['next_at'])}; missed slots: {one['missed']}"
    )
    runs = [
        (moment(run["submitted_at"]), run["state"], ", ".join(run["asked_by"]), run["error"] or _result(run["result"]))
        for run in found["runs"]
    ]
    table = Rows(("asked for", "ended", "by", "result"), runs, title="Runs")
    answer(found, told, when, table, *_told(found["findings"], found["gone"]), as_json=as_json)


@app.command(epilog="Example:  grace cycle findings --gone")
@with_endpoint
def findings(
    endpoint: Endpoint,
    gone: Annotated[bool, typer.Option("--gone", help="Those that are over.")] = False,
    limit: HowMany = 100,
    as_json: AsJson = False,
) -> None:
    """List what all cycles found, the latest change first."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/findings", gone=str(gone).lower(), limit=str(limit))
    answer(found, *(_told([], found) if gone else _told(found, [])), as_json=as_json)


@app.command(epilog="Example:  grace cycle run goals")
@with_endpoint
def run(endpoint: Endpoint, name: Name, as_json: AsJson = False) -> None:
    """Run a cycle now; follow it with `grace cycle show`."""
    with endpoint.connect() as api:
        found = api.post(f"{_path(name)}/run", {})
    answer(found, f"{name} is {found['state']} as job {found['id']}", as_json=as_json)


@app.command(epilog="Example:  grace cycle pause optimiser --reason 'the load test'")
@with_endpoint
def pause(endpoint: Endpoint, name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Let a cycle's slots pass without a run until it is resumed."""
    with endpoint.connect() as api:
        found = api.post(f"{_path(name)}/pause", {"reason": reason})
    answer(found, f"{name} is paused", as_json=as_json)


@app.command(epilog="Example:  grace cycle resume optimiser --reason 'the load test is over'")
@with_endpoint
def resume(endpoint: Endpoint, name: Name, reason: Reason = "resumed", as_json: AsJson = False) -> None:
    """End a pause; the cycle runs at its next slot."""
    with endpoint.connect() as api:
        found = api.post(f"{_path(name)}/resume", {"reason": reason})
    answer(found, f"{name} runs next at {moment(found['next_at'])}", as_json=as_json)


def _path(name: str) -> str:
    from urllib.parse import quote

    return f"/api/v1/cycles/{quote(name, safe='')}"


def _every(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _paused(pause: dict[str, Any]) -> str:
    return f"paused since {moment(pause['at'])} by {pause['by']}: {pause['reason']}"


def _result(result: Any) -> str:
    if not isinstance(result, dict):
        return "" if result is None else str(result)
    return ", ".join(f"{key} {value}" for key, value in result.items() if not isinstance(value, dict | list))


def _told(holds: list[dict[str, Any]], gone: list[dict[str, Any]]) -> list[Rows]:
    rows = [
        (one["cycle"], one["title"], _figures(one["figures"]), moment(one["first_at"]), _proposal(one["proposal"]))
        for one in holds
    ]
    over = [(one["cycle"], one["title"], _figures(one["figures"]), moment(one["gone_at"])) for one in gone]
    found = Rows(("cycle", "finding", "figures", "since", "proposal"), rows, title="Findings")
    return [found] * bool(holds) + [Rows(("cycle", "finding", "figures", "over since"), over, title="Over")] * bool(
        gone
    )


def _figures(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in figures.items())


def _proposal(proposal: dict[str, Any] | None) -> str:
    return "" if proposal is None else f"{proposal['change']}: {proposal['what']}"
