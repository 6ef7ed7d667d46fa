"""`grace token`: bearer tokens, made directly in the database, so that the first one needs no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import Rows, answer

if TYPE_CHECKING:
    from grace_workers.bootstrap.runtime import Runtime
    from grace_workers.orchestration.stores import Token

app = typer.Typer(help="Create, list and revoke bearer tokens.", no_args_is_help=True)


@app.command(
    epilog="Examples:  grace token create ann --role approver --days 90  ·  grace token create alerts --role reporter"
)
def create(
    name: Annotated[str, typer.Argument(help="The token's name: a-z, 0-9, ., _ and -.")],
    role: Annotated[str, typer.Option(help="reporter, viewer, operator, approver or admin.")] = "viewer",
    days: Annotated[float | None, typer.Option(help="Days until it expires; default: valid until revoked.")] = None,
    rate: Annotated[int, typer.Option(help="Requests a minute.")] = 600,
    person: Annotated[
        str | None, typer.Option(help=("The person it belongs to; default: a person with the token's name."))
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help=("A target that a reporter may report on; can be repeated. Default: all."))
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print its secret, once. Needs the database, not the API."""
    from grace_workers.foundation.errors import InputError
    from grace_workers.foundation.ids import TargetName
    from grace_workers.governance import Role
    from grace_workers.orchestration import tokens

    if role not in list(Role):
        raise InputError(f"role {role[:80]!r} is not one of {', '.join(Role)}")
    span = None if days is None else timedelta(days=days)
    targets = tuple(TargetName(one) for one in target) if target else None
    wanted = tokens.NewToken(
        name=name, role=Role(role), expires_in=span, rate_per_minute=rate, person=person, targets=targets
    )
    with _runtime(config) as runtime:
        token, secret = tokens.create(runtime.ledger, runtime.clock, wanted, by="cli")
    told = f"token {token.name}, role {token.role}; this is shown once:"
    answer({**_line(token), "secret": secret}, told, secret, as_json=as_json)


@app.command("list", epilog="Example:  grace token list")
def list_tokens(config: Config = None, as_json: AsJson = False) -> None:
    """List all tokens, never their secrets."""
    from grace_workers.orchestration import tokens

    with _runtime(config) as runtime:
        found = [_line(token) for token in tokens.tokens(runtime.ledger)]
    columns = ("name", "person", "role", "targets", "created_at", "expires_at", "revoked_at", "rate_per_minute")
    answer(found, Rows(columns, [[one[column] for column in columns] for one in found]), as_json=as_json)


@app.command(epilog="Example:  grace token revoke ci")
def revoke(
    name: Annotated[str, typer.Argument(help="The token's name.")], config: Config = None, as_json: AsJson = False
) -> None:
    """Revoke a token at once."""
    from grace_workers.orchestration import tokens

    with _runtime(config) as runtime:
        token = tokens.revoke(runtime.ledger, runtime.clock, name, by="cli")
    answer(_line(token), f"token {token.name} is revoked", as_json=as_json)


def _line(token: "Token") -> dict[str, Any]:
    return {
        "name": token.name,
        "person": token.person,
        "role": token.role.value,
        "targets": None if token.targets is None else list(token.targets),
        "created_at": token.created_at.isoformat(),
        "expires_at": None if token.expires_at is None else token.expires_at.isoformat(),
        "revoked_at": None if token.revoked_at is None else token.revoked_at.isoformat(),
        "rate_per_minute": token.rate_per_minute,
    }


@contextmanager
def _runtime(config: Path | None) -> "Iterator[Runtime]":
    from grace_workers.bootstrap.runtime import open_runtime
    from grace_workers.settings import load_settings

    runtime = open_runtime(load_settings(config), application="grace-cli")
    try:
        yield runtime
    finally:
        runtime.close()
