"""`grace discovery`: where targets declare themselves, and what the last look found."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from grace_workers.entrypoints.cli.options import AsJson, Endpoint, with_endpoint
from grace_workers.entrypoints.cli.output import Rows, answer, moment

app = typer.Typer(help="The discoveries: list them, or look now for targets.", no_args_is_help=True)


@app.command("list", epilog="Example:  grace discovery list")
@with_endpoint
def list_discoveries(endpoint: Endpoint, as_json: AsJson = False) -> None:
    """List the discoveries, what they refused and why. Exit 1 when the targets of one may be out of date."""
    with endpoint.connect() as api:
        found = api.get("/api/v1/discoveries")
    rows = [
        (one["name"], one["kind"], " ".join(one["kinds"]), one["owner"], one["seen"], moment(one["looked_at"]))
        for one in found
    ]
    table = Rows(("discovery", "kind", "targets of kind", "owner at most", "seen", "last look"), rows)
    answer(found, table, *(line for one in found for line in _troubles(one)), as_json=as_json)
    if any(one["problem"] for one in found):
        raise typer.Exit(1)


@app.command(epilog="Example:  grace discovery run web_servers")
@with_endpoint
def run(
    endpoint: Endpoint,
    name: Annotated[str, typer.Argument(metavar="DISCOVERY", help="Its name, as `grace discovery list` gives it.")],
    accept: Annotated[
        bool, typer.Option("--accept", help="Drop the targets that are gone, even if that is most of them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look now, on the machine of the API, and say what changed. Exit 1 when the place could not be read."""
    from urllib.parse import quote

    with endpoint.connect() as api:
        found = api.post(f"/api/v1/discoveries/{quote(name, safe='')}/run", {"accept": accept})
    words = ("appeared", "replaced", "changed", "vanished")
    news = [f"{word}: {', '.join(found[word])}" for word in words if found[word]]
    told = news or [f"nothing has changed; {found['discovery']['seen']} seen"]
    answer(found, *told, *_troubles(found["discovery"]), as_json=as_json)
    if found["discovery"]["problem"]:
        raise typer.Exit(1)


def _troubles(one: Mapping[str, Any]) -> Iterator[str]:
    if one["problem"]:
        yield f"{one['name']}: {one['problem']}"
    for name, why in sorted(one["refused"].items()):
        yield f"{one['name']}: {name!r} became no target: {why}"
