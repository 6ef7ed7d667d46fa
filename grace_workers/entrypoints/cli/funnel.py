"""`grace funnel`: how far signals and playbooks came, and why not further."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, OfTarget, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="How far signals and playbooks came, and why not further.", no_args_is_help=True)

Since = Annotated[str, typer.Option("--since", help="How far back, such as 6h or 7d; 31d at most.")]
_LOSSES = ("after", "count", "gate", "why", "an incident")
_CUT = "older ones were left out; ask for a shorter period"


@app.command(epilog="Examples:  grace funnel signals --since 1d    ·    grace funnel signals -t shop-web")
@with_endpoint
def signals(
    endpoint: Endpoint,
    *,
    since: Since = "7d",
    target: OfTarget = None,
    signature: Annotated[str | None, typer.Option(help="Only those of this signature.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how many signals reached each stage, and why each of the others was lost."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/funnel/signals", since=since, target=target, signature=signature)
    each = _stages("condition", [found["whole"], *found["conditions"]])
    cut = [] if found["complete"] else [_CUT]
    answer(found, each, "", _losses(found["whole"]), *cut, as_json=as_json)


@app.command(epilog="Examples:  grace funnel playbooks    ·    grace funnel playbooks restart_dead_service --since 30d")
@with_endpoint
def playbooks(
    endpoint: Endpoint,
    name: Annotated[str | None, typer.Argument(help="Only this playbook, with all that blocked it.")] = None,
    since: Since = "7d",
    as_json: AsJson = False,
) -> None:
    """Show in how many incidents each playbook was for the cause, considered, planned, granted, and what blocked it."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/funnel/playbooks", since=since, name=name)
    cut = [] if found["complete"] else [_CUT]
    lost = [] if name is None else [_losses(one) for one in found["playbooks"]]
    answer(found, _stages("playbook", found["playbooks"]), *lost, *cut, as_json=as_json)


def _stages(what: str, funnels: Sequence[Mapping[str, Any]]) -> Rows:
    stages = list(funnels[0]["reached"]) if funnels else []
    return Rows((what, *stages), [(one["about"], *(one["reached"][stage] for stage in stages)) for one in funnels])


def _losses(funnel: Mapping[str, Any]) -> Rows:
    rows = [(one["after"], one["count"], one["gate"], one["reason"], one["incident"]) for one in funnel["losses"]]
    return Rows(_LOSSES, rows, title="Lost")
