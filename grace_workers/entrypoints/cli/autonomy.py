"""`grace autonomy`: how far playbooks may act by themselves."""

from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="How far playbooks may act by themselves, on what evidence.", no_args_is_help=True)

Playbook = Annotated[str, typer.Argument(help="The playbook's name, or `*` for every playbook of a domain.")]
In = Annotated[str | None, typer.Option("--domain", "-d", help="The domain; needed where it acts in several.")]


@app.command("list", epilog="Example:  grace autonomy list")
@with_endpoint
def list_levels(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List each playbook's level in each of its domains, and what is lacking for one level more."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/autonomy")
    rows = [
        (one["playbook"], one["domain"], one["level"], one["ceiling"], *_shown(one["evidence"]), one["missing"] or "")
        for one in found
    ]
    columns = ("playbook", "domain", "level", "at most", "runs", "at least", "restores", "days", "lacking for more")
    answer(found, Rows(columns, rows), as_json=as_json)


@app.command(epilog="Example:  grace autonomy show restart_dead_service")
@with_endpoint
def show(endpoint: Endpoint, playbook: Playbook, domain: In = None, as_json: AsJson = False) -> None:
    """Show a playbook's level, who set it and why, and the evidence."""
    with endpoint.connect() as api:
        one = _one(api.get("/api/v1/autonomy"), playbook, domain)
    by = f"set by {one['by']} at {moment(one['at'])}: {one['reason']}" if one["by"] else "as the policy starts it"
    runs, at_least, restores, days = _shown(one["evidence"])
    answer(
        one,
        f"{one['playbook']} in {one['domain']}: {one['level']}, at most {one['ceiling']}; {by}",
        f"since then {runs} clear runs on {days} days, success at least {at_least}, restores {restores}",
        f"for one level more: {one['missing'] or 'nothing is lacking'}",
        as_json=as_json,
    )


@app.command("raise", epilog="Example:  grace autonomy raise restart_dead_service --reason 'three quiet weeks'")
@with_endpoint
def raise_level(
    endpoint: Endpoint, playbook: Playbook, reason: Reason, domain: In = None, as_json: AsJson = False
) -> None:
    """Raise a playbook by one level; needs the role approver and the evidence."""
    _move(endpoint, "raise", playbook, domain, reason, as_json=as_json)


@app.command("lower", epilog="Example:  grace autonomy lower restart_dead_service --reason 'we are moving the service'")
@with_endpoint
def lower_level(
    endpoint: Endpoint, playbook: Playbook, reason: Reason, domain: In = None, as_json: AsJson = False
) -> None:
    """Lower a playbook by one level."""
    _move(endpoint, "lower", playbook, domain, reason, as_json=as_json)


def _move(endpoint: Endpoint, verb: str, playbook: str, domain: str | None, reason: str, *, as_json: bool) -> None:
    from urllib.parse import quote

    with endpoint.connect() as api:
        where = domain or _one(api.get("/api/v1/autonomy"), playbook, None)["domain"]
        path = f"/api/v1/autonomy/{quote(playbook, safe='')}/{quote(where, safe='')}/{verb}"
        found = api.post(path, {"reason": reason})
    answer(found, f"{found['playbook']} is at {found['level']} in {found['domain']}", as_json=as_json)


def _one(found: list[dict[str, Any]], playbook: str, domain: str | None) -> dict[str, Any]:
    from grace_workers.foundation.errors import InputError

    own = [one for one in found if one["playbook"] == playbook and domain in {None, one["domain"]}]
    if not own:
        raise InputError(f"no playbook {playbook[:80]!r} there; `grace autonomy list` lists them")
    if len(own) > 1:
        raise InputError(f"{playbook} acts in {', '.join(one['domain'] for one in own)}; name one with --domain")
    return own[0]


def _shown(evidence: dict[str, Any]) -> tuple[str, str, str, str]:
    failed = f", {evidence['failed_restores']} failed" if evidence["failed_restores"] else ""
    return (
        f"{evidence['verified']} of {evidence['runs']}",
        f"{evidence['at_least']:.2f}",
        f"{evidence['restores']}{failed}",
        str(evidence["days"]),
    )
