"""`grace job`: the ledger of work."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, InState, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="List, show, cancel or replay jobs, and look at a running one.", no_args_is_help=True)

_SHOWN = 60
_MEBIBYTE = 1024 * 1024

Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id, as listed.")]


@app.command("list", epilog="Examples:  grace job list --state dead    ·    grace job list --pool healing -n 100")
@with_endpoint
def list_jobs(
    endpoint: Endpoint,
    state: InState = None,
    pool: Annotated[str | None, typer.Option(help="Only those of this pool.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500)] = 20,
    as_json: AsJson = False,
) -> None:
    """List the newest jobs, newest first."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/jobs", state=state, pool=pool, limit=limit)
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
    answer(found, Rows(("id", "name", "pool", "priority", "state", "attempt", "submitted"), rows), as_json=as_json)


@app.command(epilog="Example:  grace job show 0198c0de-…")
@with_endpoint
def show(endpoint: Endpoint, job: Id, as_json: AsJson = False) -> None:
    """Show one job."""
    found = _ask(endpoint, "GET", job)
    lines = (f"{key:<16} {value}" for key, value in found.items() if value is not None)
    answer(found, *lines, as_json=as_json)


@app.command(epilog="Example:  grace job stack 0198c0de-…")
@with_endpoint
def stack(endpoint: Endpoint, job: Id, as_json: AsJson = False) -> None:
    """Show where a running job is: the calls of its thread, and its memory, as its node reports them now."""
    found = _ask(endpoint, "GET", job, "/stack")
    ran = f"had run for {found['ran_for']:.1f} s at {moment(found['looked_at'])}"
    about = (
        f"{found['name']}, attempt {found['attempt']}, {ran}",
        f"process {found['pid']} of {found['instance']}, {found['memory'] / _MEBIBYTE:.0f} MiB in memory",
    )
    rows = [(one["function"], f"{one['file']}:{one['line']}") for one in found["frames"]]
    end = [f"and {found['left_out']} older calls"] if found["left_out"] else []
    if not rows:
        end = ["its process reports no calls: it is stopped, waits for a disk, or is too busy; look again"]
    answer(found, *about, Rows(("newest call first", "at"), rows), *end, as_json=as_json)


@app.command(epilog="Examples:  grace job log 0198c0de-…    ·    grace job log --follow 0198c0de-…")
@with_endpoint
def log(
    endpoint: Endpoint,
    job: Id,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a job logs, without secrets; lines are kept for an hour after the last one."""
    from grace_workers.entrypoints.cli.job_log import print_log
    from grace_workers.foundation.ids import parse_uuid

    with endpoint.connect() as api:
        print_log(api, str(parse_uuid(job, "job")), follow=follow, as_json=as_json)


@app.command(epilog="Example:  grace job cancel 0198c0de-…")
@with_endpoint
def cancel(endpoint: Endpoint, job: Id, as_json: AsJson = False) -> None:
    """Cancel a queued or running job; a running attempt can no longer commit."""
    found = _ask(endpoint, "POST", job, "/cancel")
    answer(found, f"job {found['id']} is {found['state']}", as_json=as_json)


@app.command(epilog="Example:  grace job replay 0198c0de-…")
@with_endpoint
def replay(endpoint: Endpoint, job: Id, as_json: AsJson = False) -> None:
    """Queue a dead, failed or cancelled job again, with fresh attempts."""
    found = _ask(endpoint, "POST", job, "/replay")
    answer(found, f"job {found['id']} is {found['state']}", as_json=as_json)


@app.command(epilog="Example:  grace job unreadable -n 5")
@with_endpoint
def unreadable(
    endpoint: Endpoint,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List the messages on the broker with which no job could be claimed, newest first, and their number."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/jobs/unreadable", limit=limit)
    rows = [(moment(one["at"]), one["queue"], one["size"], one["why"], one["text"][:_SHOWN]) for one in found["newest"]]
    told = f"{found['count']} set aside since the broker was last emptied"
    answer(found, Rows(("parked", "queue", "bytes", "why", "begins with"), rows), told, as_json=as_json)


def _ask(endpoint: Endpoint, method: str, job: str, verb: str = "") -> dict[str, Any]:
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(job, "job")
    with endpoint.connect() as api:
        found: dict[str, Any] = api.ask(method, f"/api/v1/jobs/{wanted}{verb}")
    return found
