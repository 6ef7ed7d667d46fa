"""`grace switch`: the global kill switch and the freeze."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Reason, Token, Url
from grace_workers.entrypoints.cli.output import say

app = typer.Typer(help="The global kill switch and the freeze.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="`kill`: all actions stop. `freeze`: no new plan starts.")]


@app.command(epilog="Example:  grace switch show")
def show(url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show both switches."""
    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import console, show_json, table

    with connect(url, token, config) as api:
        found = api.get("/api/v1/switches")
    if as_json:
        show_json(found)
        return
    rows = [(name, "on" if one["on"] else "off", one["by"], one["reason"]) for name, one in found.items()]
    console().print(table(("switch", "is", "by", "reason"), rows))


@app.command(epilog="Example:  grace switch on kill --reason 'something acts on its own'")
def on(
    name: Name, reason: Reason, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Turn a switch on."""
    _turn(name, reason, (url, token, config), state=True, as_json=as_json)


@app.command(epilog="Example:  grace switch off kill --reason 'found and fixed'")
def off(
    name: Name, reason: Reason, url: Url = None, token: Token = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Turn a switch off."""
    _turn(name, reason, (url, token, config), state=False, as_json=as_json)


def _turn(
    name: str, reason: str, place: "tuple[str | None, str | None, Config]", *, state: bool, as_json: bool
) -> None:
    from urllib.parse import quote

    from grace_workers.entrypoints.cli.connection import connect
    from grace_workers.entrypoints.cli.output import show_json

    with connect(*place) as api:
        found = api.post(f"/api/v1/switches/{quote(name, safe='')}", {"on": state, "reason": reason})
    if as_json:
        show_json(found)
    else:
        say(f"{name} is {'on' if found['on'] else 'off'}")
