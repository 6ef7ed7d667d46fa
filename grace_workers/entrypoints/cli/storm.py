"""`grace storm`: what is in progress and down, and the brakes on automatic runs."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="What holds the fleet back in a storm; let it act by itself again.", no_args_is_help=True)

Scope = Annotated[str, typer.Argument(help="`fleet`, or a label and its value, as `service=shop`.")]


@app.command(epilog="Example:  grace storm show")
@with_endpoint
def show(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show the brakes, the runs of each scope with their limits, and what is down."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/storm")
    brakes = [(one["scope"], moment(one["at"]), one["why"]) for one in found["brakes"]]
    runs = [
        (
            one["scope"],
            one["in_progress"],
            _limit(one["at_once"]),
            one["automatic_within_the_hour"],
            _limit(one["per_hour"]),
        )
        for one in found["runs"]
    ]
    columns = ("scope", "in progress", "limit", "automatic within the hour", "limit per hour")
    down = f"down: {', '.join(found['down']) or 'nothing'}"
    answer(found, Rows(("brake on", "since", "why"), brakes), Rows(columns, runs), down, as_json=as_json)


@app.command(epilog="Example:  grace storm lift service=shop --reason 'the switch was replaced'")
@with_endpoint
def lift(endpoint: Endpoint, scope: Scope, reason: Reason, as_json: AsJson = False) -> None:
    """Let the fleet act by itself in a scope again; needs the role approver. Retry what was refused meanwhile."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/storm/{quote(scope, safe='')}/lift", {"reason": reason})
    answer(found, f"automatic runs in {found['scope']} may begin again", as_json=as_json)


def _limit(found: int | None) -> str:
    return "none" if found is None else str(found)
