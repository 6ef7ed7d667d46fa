"""`grace up`: one whole node in the foreground."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config

if TYPE_CHECKING:
    from grace_workers.settings import Settings

app = typer.Typer(add_completion=False)

_MARKS = {"done": "✓", "ready": "✓", "failed": "✗", "backing_off": "✗", "unready": "!", "started": "·"}


@app.command(
    epilog="Examples:  grace up    ·    GRACE_API__PORT=9000 grace up    ·    grace up --config prod/grace.yaml"
)
def up(config: Config = None, as_json: AsJson = False) -> None:
    """Run a whole node here until Ctrl-C: servers, worker pools, beat, API and Flower.

    Without GRACE_DATABASE__URL and GRACE_BROKER__URL it starts a PostgreSQL and a Valkey of its own, in
    `.grace`; a second start continues with the same data.
    """
    from grace_workers.settings import load_settings

    run(load_settings(config), as_json=as_json)


def run(settings: "Settings", *, as_json: bool) -> None:
    """Run a node with these settings until it is told to stop; of one role, when they name one."""
    from grace_workers.bootstrap import node_parts
    from grace_workers.entrypoints.log_lines import set_up
    from grace_workers.entrypoints.node import Progress, run_node

    set_up(settings)
    parts = node_parts(settings)

    def tell(progress: Progress) -> None:
        if as_json:
            told = {"stage": progress.stage, "state": progress.state, "took": progress.took, "note": progress.note}
            print(json.dumps(told), flush=True)
        elif progress.state not in {"started", "starting", "waiting"}:
            print(_line(progress.stage, progress.state, progress.took, progress.note), flush=True)

    def ready(_node: object) -> bool:
        if as_json:
            print(json.dumps({"stage": "node", "state": "ready", "endpoints": dict(parts.endpoints)}), flush=True)
        else:
            _welcome(parts.endpoints, parts.data_dir / "cli-token")
        return True

    run_node(parts, progress=tell, ready=ready)


def _line(stage: str, state: str, took: float | None, note: str | None) -> str:
    spent = "" if took is None else f"  {took:6.2f} s"
    told = "" if not note else f"  {note}"
    return f"  {_MARKS.get(state, '·')} {stage:<15} {state:<11}{spent}{told}"


def _welcome(places: Mapping[str, str], token_file: Path) -> None:
    print("\nThe node is ready. Ctrl-C stops it.\n")
    for name, url in places.items():
        print(f"  {name:<8} {url}" + ("/docs" if name == "api" else ""))
    if token_file.exists():
        print(f"  token    in {token_file}")
    print("\nTry, in another terminal:\n")
    for line in ("grace node status", "grace incident list", "grace playbook list"):
        print(f"  {line}")
    print(flush=True)
