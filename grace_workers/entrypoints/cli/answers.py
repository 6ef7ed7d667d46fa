"""`grace approve` and `grace reject`: answers to plans that wait for a person."""

from pathlib import Path
from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Reason, Token, Url
from grace_workers.entrypoints.cli.output import say

approve_app = typer.Typer(add_completion=False)
reject_app = typer.Typer(add_completion=False)

Asked = Annotated[str, typer.Argument(metavar="ID", help="The incident's id or the question's.")]


@approve_app.command(epilog="Example:  grace approve 0198c0de-… --reason 'safe at this hour'")
def approve(
    asked: Asked, reason: Reason, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Approve a plan that waits for a person. The person who proposed a plan cannot approve it."""
    _answer(asked, reason, (url, token, config), approved=True, as_json=as_json)


@reject_app.command(epilog="Example:  grace reject 0198c0de-… --reason 'not during the sale'")
def reject(
    asked: Asked, reason: Reason, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Reject a plan that waits for a person; it will not run."""
    _answer(asked, reason, (url, token, config), approved=False, as_json=as_json)


def _answer(
    asked: str, reason: str, place: tuple[str | None, str | None, Path | None], *, approved: bool, as_json: bool
) -> None:
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import show_json
    from grace_workers.foundation.ids import parse_uuid

    wanted = parse_uuid(asked, "approval or incident")
    with connect(*place) as api:
        found = api.post(f"/api/v1/approvals/{wanted}", {"approved": approved, "reason": reason})
    if as_json:
        show_json(found)
        return
    yes = sum(answer["approved"] for answer in found["answers"])
    say(f"approved: {yes} of {found['quorum']} needed" if approved else "rejected: the plan will not run")
