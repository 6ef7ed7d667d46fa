"""`grace incident`: list, show, watch, retry, resume and close."""

import time
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import (
    AsJson,
    Endpoint,
    InState,
    ListedIncident,
    OfTarget,
    Reason,
    with_endpoint,
)
from grace_workers.entrypoints.cli.output import Rows, answer, moment, pairs, show_json

app = typer.Typer(help="List, show, watch, answer, retry, resume or close incidents.", no_args_is_help=True)

_RESTING = frozenset({"closed", "escalated", "refused", "awaiting_approval"})
_LOOK_SECONDS = 0.3


@app.command("list", epilog="Examples:  grace incident list --state awaiting_approval  ·  grace incident list -t shop")
@with_endpoint
def list_incidents(
    endpoint: Endpoint,
    *,
    state: InState = None,
    target: OfTarget = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500)] = 20,
    each: Annotated[
        bool, typer.Option("--all", help="Also those that another incident leads and that need no person.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the newest incidents, newest first; those of one cause are counted with the one that leads them."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/incidents", state=state, target=target, limit=limit, leading=str(not each).lower())
    rows = [
        (
            one["id"],
            moment(one["opened_at"]),
            one["target"],
            one.get("members") or "",
            one["state"],
            one["closing"],
            one["playbook"],
            one["title"],
        )
        for one in found
    ]
    answer(
        found, Rows(("id", "opened", "target", "leads", "state", "ending", "playbook", "title"), rows), as_json=as_json
    )


@app.command(epilog="Example:  grace incident show 0198c0de-…")
@with_endpoint
def show(endpoint: Endpoint, incident: ListedIncident, as_json: AsJson = False) -> None:
    """Show an incident in full: causes, plan, risk, approvals, steps, and the timeline with durations."""
    from grace_workers.entrypoints.cli.story import tell
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(incident, "incident")
    with endpoint.connect() as api:
        found = api.get(f"/api/v1/incidents/{wanted}")
    if as_json:
        show_json(found)
    else:
        tell(found)


@app.command(epilog="Example:  grace incident watch 0198c0de-… --for 120")
@with_endpoint
def watch(
    endpoint: Endpoint,
    incident: ListedIncident,
    seconds: Annotated[float, typer.Option("--for", help="Stop watching after this many seconds.")] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Follow an incident until it rests, one line for each thing that happens. Exit 1 unless it was healed."""
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(incident, "incident")
    with endpoint.connect() as api:
        found = _followed(api, str(wanted), seconds, as_json=as_json)
    if found["closing"] not in {"healed", "resolved", "done"}:
        raise typer.Exit(1)


@app.command(epilog="Example:  grace incident retry 0198c0de-… --reason 'the disk is back'")
@with_endpoint
def retry(endpoint: Endpoint, incident: ListedIncident, reason: Reason, as_json: AsJson = False) -> None:
    """Let the fleet try a refused or escalated incident again."""
    _move(incident, "retry", reason, endpoint, as_json=as_json)


@app.command(epilog="Example:  grace incident resume 0198c0de-… --reason 'the disk is back' --failed-only")
@with_endpoint
def resume(
    endpoint: Endpoint,
    incident: ListedIncident,
    reason: Reason,
    *,
    failed_only: Annotated[
        bool, typer.Option("--failed-only", help="Leave out targets of a rolling step whose turn never came.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Go on with an escalated incident's run from the step that failed; what was done stands."""
    _move(incident, "resume", reason, endpoint, as_json=as_json, failed_only=failed_only)


@app.command("answer", epilog="Example:  grace incident answer 0198c0de-… way=replica times=2")
@with_endpoint
def answer_step(
    endpoint: Endpoint,
    incident: ListedIncident,
    fields: Annotated[list[str], typer.Argument(help="The fields that were asked for, as name=value.")],
    as_json: AsJson = False,
) -> None:
    """Answer the question that an incident's run waits for; `grace incident show` shows it."""
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(incident, "incident")
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/incidents/{wanted}/answer", {"answer": pairs(fields, "field")})
    answer(found, f"incident {found['id']} goes on", as_json=as_json)


@app.command(epilog="Example:  grace incident close 0198c0de-… --reason 'repaired by hand'")
@with_endpoint
def close(endpoint: Endpoint, incident: ListedIncident, reason: Reason, as_json: AsJson = False) -> None:
    """Close a refused or escalated incident."""
    _move(incident, "close", reason, endpoint, as_json=as_json)


@app.command(epilog="Example:  grace incident take 0198c0de-… --reason 'I am on it'")
@with_endpoint
def take(endpoint: Endpoint, incident: ListedIncident, reason: Reason, as_json: AsJson = False) -> None:
    """Look after an incident that needs a person, so that no one else is woken."""
    _move(incident, "take", reason, endpoint, as_json=as_json)


def _move(incident: str, move: str, reason: str, endpoint: Endpoint, *, as_json: bool, **more: bool) -> None:
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(incident, "incident")
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/incidents/{wanted}/{move}", {"reason": reason, **more})
    answer(found, f"incident {found['id']} is {found['state']}", as_json=as_json)


def _followed(api: Any, incident: str, seconds: float, *, as_json: bool) -> dict[str, Any]:
    from grace_workers.entrypoints.cli.story import show_happening

    deadline, told = time.monotonic() + seconds, 0
    while True:
        found: dict[str, Any] = api.get(f"/api/v1/incidents/{incident}")
        for one in found["timeline"][told:]:
            show_happening(one, as_json=as_json)
        told = len(found["timeline"])
        if found["state"] in _RESTING or time.monotonic() > deadline:
            return found
        time.sleep(_LOOK_SECONDS)
