"""`grace kernel`: the supervised parts of every node."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, Reason, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer

app = typer.Typer(help="The kernels of the nodes: list, restart, pause, resume.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="KERNEL", help="The kernel's name, as listed by `grace kernel list`.")]
Instance = Annotated[
    str | None, typer.Option("--instance", "-i", help="The node.", show_default="the only one there is")
]

_ENDED = frozenset({"done", "failed", "refused"})
_WITHIN = 120.0
_LOOK = 0.2
_WELL = frozenset({"ready", "limited", "absent", "paused"})


@app.command("list", epilog="Example:  grace kernel list --instance node-1")
@with_endpoint
def list_kernels(endpoint: Endpoint, instance: Instance = None, as_json: AsJson = False) -> None:
    """Show the kernels of every node; without an API, of this directory's node. Exit 1 when one does not serve."""
    found = _look(endpoint, instance)
    rows = [(one["instance"], one["kernel"], one["state"], one["restarts"], one["detail"]) for one in found]
    answer(found, Rows(("node", "kernel", "state", "restarts", "what it says"), rows), as_json=as_json)
    _leave(found)


@app.command(epilog="Example:  grace kernel status database")
@with_endpoint
def status(
    endpoint: Endpoint,
    name: Name,
    instance: Instance = None,
    as_json: AsJson = False,
) -> None:
    """Show one kernel on every node that has it. Exit 1 when it does not serve on one of them."""
    from grace_workers.foundation.errors import NotFoundError

    every = _look(endpoint, instance)
    found = [one for one in every if one["kernel"] == name]
    if not found:
        known = ", ".join(sorted({one["kernel"] for one in every}))
        raise NotFoundError(f"kernel {name!r} is unknown; known: {known}")
    tables = [
        Rows((one["kernel"], "on " + one["instance"]), [(k, one[k]) for k in one if one[k] != ""]) for one in found
    ]
    answer(found, *tables, as_json=as_json)
    _leave(found)


@app.command(epilog="Example:  grace kernel restart api --reason 'it leaks memory'")
@with_endpoint
def restart(
    endpoint: Endpoint,
    name: Name,
    reason: Reason,
    instance: Instance = None,
    as_json: AsJson = False,
) -> None:
    """Restart a kernel and those that depend on it, and wait until it is ready."""
    _order(endpoint, (name, "restart", instance), {"reason": reason}, as_json=as_json)


@app.command(epilog="Example:  grace kernel pause coding_pool --reason 'the disk is needed elsewhere'")
@with_endpoint
def pause(
    endpoint: Endpoint,
    name: Name,
    reason: Reason,
    force: Annotated[bool, typer.Option("--force", help="Even a critical kernel; needs the role admin.")] = False,
    instance: Instance = None,
    as_json: AsJson = False,
) -> None:
    """Pause a kernel and those that depend on it, until it is resumed."""
    body = {"reason": reason, "force": force}
    _order(endpoint, (name, "pause", instance), body, as_json=as_json)


@app.command(epilog="Example:  grace kernel resume coding_pool --reason 'there is room again'")
@with_endpoint
def resume(
    endpoint: Endpoint,
    name: Name,
    reason: Reason = "resumed",
    instance: Instance = None,
    as_json: AsJson = False,
) -> None:
    """End a pause, and wait until the kernel is ready."""
    _order(endpoint, (name, "resume", instance), {"reason": reason}, as_json=as_json)


@app.command(epilog="Example:  grace kernel graph --json")
def graph(as_json: AsJson = False) -> None:
    """Show which kernel needs which, in start order. Asks no node."""
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.fleet import graph_json, graph_text

    known = catalogs().kernels
    answer(graph_json(known), *graph_text(known).splitlines(), as_json=as_json)


def _look(endpoint: Endpoint, instance: str | None) -> list[dict[str, Any]]:
    from grace_workers.foundation.errors import TransientError

    try:
        with endpoint.connect() as api:
            found: list[dict[str, Any]] = api.get("/api/v1/kernels", instance=instance)
    except TransientError:
        # The API is itself a kernel; while it is unreachable, the node's own file reports about it.
        here = _here(endpoint.config, instance) if endpoint.url is None else None
        if here is None:
            raise
        return here
    return found


def _here(config: Path | None, instance: str | None) -> list[dict[str, Any]] | None:
    """Return the kernels of this data directory's node from its own file, None when that has no answer."""
    import json

    from grace_workers.foundation.own_file import read_own
    from grace_workers.settings import load_settings

    settings = load_settings(config)
    try:
        document = json.loads(read_own(settings.data_dir / "node.json"))
    except (OSError, ValueError):
        return None
    if instance not in {None, settings.instance}:
        return None
    return [
        {"instance": settings.instance, "kernel": name, "state": one["state"], "restarts": "", "detail": one["told"]}
        for name, one in document["kernels"].items()
    ]


def _order(endpoint: Endpoint, what: tuple[str, str, str | None], body: dict[str, Any], *, as_json: bool) -> None:
    from urllib.parse import quote, urlencode

    from grace_workers.foundation.errors import TransientError

    name, verb, instance = what
    query = f"?{urlencode({'instance': instance})}" if instance else ""
    with endpoint.connect() as api:
        order = api.post(f"/api/v1/kernels/{quote(name, safe='')}/{verb}{query}", body)
        deadline = time.monotonic() + _WITHIN
        while order["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise TransientError(f"node {order['instance']} has not carried out the order in {_WITHIN:g} s")
            time.sleep(_LOOK)
            order = _again(api, order)
    answer(order, f"{name} on {order['instance']}: {order['detail']}", as_json=as_json)
    if order["state"] != "done":
        raise typer.Exit(1)


def _again(api: Any, order: dict[str, Any]) -> dict[str, Any]:
    from grace_workers.foundation.errors import TransientError

    try:
        found: dict[str, Any] = api.get(f"/api/v1/kernels/orders/{order['id']}")
    except TransientError:
        # The order may concern the API itself, or what the API needs.
        return order
    return found


def _leave(found: list[dict[str, Any]]) -> None:
    if any(one["state"] not in _WELL for one in found):
        raise typer.Exit(1)
