"""`grace job`: the ledger of work."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Token, Url
from grace_workers.entrypoints.cli.output import say

app = typer.Typer(help="List, show, cancel or replay jobs.", no_args_is_help=True)

_SHOWN = 60

Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as listed.")]


@app.command("list", epilog="Examples:  grace job list --state dead    ·    grace job list --pool healing -n 100")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    pool: Annotated[str | None, typer.Option(help="Only those of this pool.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500)] = 20,
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the newest jobs, newest first."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import console, moment, show_json, table

    with connect(url, token, config) as api:
        found = api.get("/api/v1/jobs", state=state, pool=pool, limit=limit)
    if as_json:
        show_json(found)
        return
    rows = [
        (
            one["id"],
            one["name"],
            one["pool"],
            one["priority"],
            one["state"],
            one["attempt"],
            moment(one["submitted_at"]),
        )
        for one in found
    ]
    console().print(table(("id", "name", "pool", "priority", "state", "attempt", "submitted"), rows))


@app.command(epilog="Example:  grace job show 0198c0de-…")
def show(job: Id, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show one job."""
    found = _ask("GET", job, "", (url, token, config))
    if as_json:
        _print_json(found)
        return
    for key, value in found.items():
        if value is not None:
            say(f"{key:<16} {value}")


@app.command(epilog="Example:  grace job cancel 0198c0de-…")
def cancel(job: Id, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Cancel a queued or running job; a running attempt can no longer commit."""
    _told(_ask("POST", job, "/cancel", (url, token, config)), as_json=as_json)


@app.command(epilog="Example:  grace job replay 0198c0de-…")
def replay(job: Id, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Queue a dead, failed or cancelled job again, with fresh attempts."""
    _told(_ask("POST", job, "/replay", (url, token, config)), as_json=as_json)


@app.command(epilog="Example:  grace job unreadable -n 5")
def unreadable(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 20,
    url: Url = None,
    token: Token = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the messages on the broker with which no job could be claimed, newest first, and their number."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import console, moment, show_json, table

    with connect(url, token, config) as api:
        found = api.get("/api/v1/jobs/unreadable", limit=limit)
    if as_json:
        show_json(found)
        return
    rows = [(moment(one["at"]), one["queue"], one["size"], one["why"], one["text"][:_SHOWN]) for one in found["newest"]]
    console().print(table(("parked", "queue", "bytes", "why", "begins with"), rows))
    say(f"{found['count']} set aside since the broker was last emptied")


def _ask(method: str, job: str, verb: str, place: tuple[Any, Any, Any]) -> dict[str, Any]:
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(job, "job")
    with connect(*place) as api:
        found: dict[str, Any] = api.ask(method, f"/api/v1/jobs/{wanted}{verb}")
    return found


def _told(job: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        _print_json(job)
    else:
        say(f"job {job['id']} is {job['state']}")


def _print_json(value: Any) -> None:
    from grace_workers.entrypoints.cli.output import show_json

    show_json(value)
