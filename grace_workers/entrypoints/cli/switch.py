"""`grace switch`: the global kill switch and the freeze."""

from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="The global kill switch and the freeze.", no_args_is_help=True)
stop_app = typer.Typer()

Name = Annotated[str, typer.Argument(help="`kill`: all actions stop. `freeze`: no new plan starts.")]


@app.command(epilog="Example:  grace switch show")
@with_endpoint
def show(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """Show both switches."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/switches")
    rows = [(name, "on" if one["on"] else "off", one["by"], one["reason"]) for name, one in found.items()]
    answer(found, Rows(("switch", "is", "by", "reason"), rows), as_json=as_json)


@app.command(epilog="Example:  grace switch on kill --reason 'something acts on its own'")
@with_endpoint
def on(endpoint: Endpoint, name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Turn a switch on."""
    _turn(name, reason, endpoint, state=True, as_json=as_json)


@app.command(epilog="Example:  grace switch off kill --reason 'found and fixed'")
@with_endpoint
def off(endpoint: Endpoint, name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Turn a switch off."""
    _turn(name, reason, endpoint, state=False, as_json=as_json)


@stop_app.command(epilog="Example:  grace stop")
@with_endpoint
def stop(
    endpoint: Endpoint,
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="Why, for those who find it stopped.")
    ] = "stopped by hand",
    as_json: AsJson = False,
) -> None:
    """Turn the kill switch on. Steps in progress stop within a second, and what they did is put back."""
    with endpoint.connect() as api:
        found = api.post("/api/v1/switches/kill", {"on": True, "reason": reason})
    told = "everything is stopped; `grace switch off kill --reason '…'` lets the fleet act again"
    answer(found, told, as_json=as_json)


def _turn(name: str, reason: str, endpoint: Endpoint, *, state: bool, as_json: bool) -> None:
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/switches/{quote(name, safe='')}", {"on": state, "reason": reason})
    answer(found, f"{name} is {'on' if found['on'] else 'off'}", as_json=as_json)
