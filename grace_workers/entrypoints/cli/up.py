"""`grace up`: one whole node in the foreground."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import say, say_json
from grace_workers.entrypoints.cli.program import Instead

if TYPE_CHECKING:
    from grace_workers.node.node import Node
    from grace_workers.settings import Settings

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Examples:  grace up    ·    GRACE_API__PORT=9000 grace up    ·    grace up --config prod/grace.yaml"
)
def up(
    config: Config = None,
    as_json: AsJson = False,
    at_once: Annotated[bool, typer.Option("--now", help="Boot now, without waiting after failed boots.")] = False,
) -> None:
    """Run a whole node here until Ctrl-C: servers, worker pools, beat, API and Flower.

    Without GRACE_DATABASE__URL and GRACE_BROKER__URL it starts its own PostgreSQL and Valkey in `.grace`; a second
    start continues with the same data.
    """
    from grace_workers.settings import load_settings

    run(load_settings(config), as_json=as_json, at_once=at_once)


def run(settings: "Settings", *, as_json: bool, at_once: bool = False) -> None:
    """Run a node with these settings until it is told to stop; of one role, if they name one."""
    from grace_workers.bootstrap.node import NewProcess, fork_server_of, node_parts
    from grace_workers.entrypoints.cli.boot_view import boot_view
    from grace_workers.entrypoints.log_lines import set_up
    from grace_workers.entrypoints.node.run import run_node
    from grace_workers.entrypoints.unhurried import unhurried_output

    try:
        # Before any thread starts, and before anything is taken that would have to be released.
        forking = fork_server_of(settings)
    except NewProcess as forked:
        raise Instead(forked.run) from None
    parts = node_parts(settings, forking=forking)
    with unhurried_output(), boot_view(as_json=as_json) as view:
        # Logging uses the streams as they are now, because a live table has wrapped them.
        set_up(settings)

        def ready(node: "Node") -> bool:
            view.ended()
            down = node.status.degraded_by
            if as_json:
                told = {"stage": "node", "state": "degraded" if down else "ready", "endpoints": dict(parts.endpoints)}
                say_json({**told, "degraded_by": list(down)})
            else:
                _welcome(parts.endpoints, parts.data_dir / "cli-token", down)
            return True

        run_node(parts, progress=view.tell, ready=ready, at_once=at_once)


def _welcome(places: Mapping[str, str], token_file: Path, down: Sequence[str]) -> None:
    if down:
        say()
        say(f"The node is degraded, without {', '.join(down)}; it keeps trying. Ctrl-C stops it.")
        say()
    else:
        say()
        say("The node is ready. Ctrl-C stops it.")
        say()
    for name, url in places.items():
        say(f"  {name:<8} {url}" + ("/docs" if name == "api" else ""))
    if token_file.exists():
        say(f"  token    in {token_file}")
    say()
    say("Try, in another terminal:")
    say()
    for line in ("grace node status", "grace incident list", "grace playbook list"):
        say(f"  {line}")
    say()
