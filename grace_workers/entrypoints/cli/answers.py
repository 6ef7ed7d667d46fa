"""`grace approve` and `grace reject`: answers to plans that wait for a person."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, AskedId, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import answer

approve_app = typer.Typer(add_completion=False)
reject_app = typer.Typer(add_completion=False)


@approve_app.command(epilog="Example:  grace approve 0198c0de-… --reason 'safe at this hour'")
@with_endpoint
def approve(
    endpoint: Endpoint,
    asked: AskedId,
    reason: Reason,
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="Approve alone, in an emergency. Everyone in the escalation is told.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a plan that waits for a person. The person who proposed a plan cannot approve it."""
    _answer(asked, reason, endpoint, approved=True, glass=break_glass, as_json=as_json)


@reject_app.command(epilog="Example:  grace reject 0198c0de-… --reason 'not during the sale'")
@with_endpoint
def reject(endpoint: Endpoint, asked: AskedId, reason: Reason, as_json: AsJson = False) -> None:
    """Reject a plan that waits for a person; it will not run."""
    _answer(asked, reason, endpoint, approved=False, as_json=as_json)


def _answer(asked: str, reason: str, endpoint: Endpoint, *, approved: bool, glass: bool = False, as_json: bool) -> None:
    from grace_workers.foundation.ids import parse_uuid

    wanted, more = parse_uuid(asked, "approval or incident"), {"break_glass": True} if glass else {}
    with endpoint.connect() as api:
        found = api.post(f"/api/v1/approvals/{wanted}", {"approved": approved, "reason": reason, **more})
    yes = sum(answer["approved"] for answer in found["answers"])
    told = f"approved: {yes} of {found['quorum']} needed" if approved else "rejected: the plan will not run"
    answer(found, told, as_json=as_json)
