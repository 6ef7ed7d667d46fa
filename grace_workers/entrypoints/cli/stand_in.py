"""`grace stand-in`: who may answer in an approver's place for a span."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Beginning, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="The stand-ins of approvers: list, name, end.", no_args_is_help=True)

COLUMNS = ("id", "approver", "stand-in", "from", "until", "reason")


@app.command("list", epilog="Example:  grace stand-in list")
@with_endpoint
def list_stand_ins(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List who stands in for whom, now or later."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/stand-ins")
    answer(found, Rows(COLUMNS, _rows(found)), as_json=as_json)


@app.command(epilog="Example:  grace stand-in name ben --until 2026-12-24T08:00Z -r holiday")
@with_endpoint
def name(
    endpoint: Endpoint,
    person: Annotated[str, typer.Argument(help="Who may answer in your place; operator or above.")],
    until: Annotated[str, typer.Option(help="When it ends (RFC 3339), within 60 days.")],
    reason: Reason,
    start: Beginning = None,
    as_json: AsJson = False,
) -> None:
    """Let another person answer in your place. For that span both of you count as one person."""
    order = {"stand_in": person, "ends_at": until, "reason": reason, **({"starts_at": start} if start else {})}
    with endpoint.connect() as api:
        made = api.post("/api/v1/stand-ins", order)
    answer(made, Rows(COLUMNS, _rows([made])), as_json=as_json)


@app.command(epilog="Example:  grace stand-in end 0198c0de-… -r 'back earlier'")
@with_endpoint
def end(
    endpoint: Endpoint,
    stand_in: Annotated[str, typer.Argument(metavar="ID", help="The id, as listed.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """End a span at once."""
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(stand_in, "stand-in")
    with endpoint.connect() as api:
        ended = api.post(f"/api/v1/stand-ins/{wanted}/end", {"reason": reason})
    answer(ended, f"{ended['stand_in']} does not stand in for {ended['approver']} any more", as_json=as_json)


def _rows(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            one["id"],
            one["approver"],
            one["stand_in"],
            moment(one["starts_at"]),
            moment(one["ends_at"]),
            one["reason"],
        )
        for one in found
    ]
