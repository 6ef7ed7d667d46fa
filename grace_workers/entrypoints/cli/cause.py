"""`grace cause`: list, show, lint."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, SourcePath
from grace_workers.entrypoints.cli.output import Rows, answer, show_faults

if TYPE_CHECKING:
    from grace_workers.diagnosis import Causes

app = typer.Typer(help="List, show or lint causes: the problems that Grace knows.", no_args_is_help=True)


@app.command("list", epilog="Example:  grace cause list")
def list_causes(config: Config = None, as_json: AsJson = False) -> None:
    """List the causes that this configuration reads: the shipped ones and your own."""
    keys = ("name", "of", "measured by", "summary")
    rows = [
        (one.name, " ".join((*one.kinds, *one.roles)), " ".join(measure.check for measure in one.measures), one.summary)
        for one in _causes(config)
    ]
    answer([dict(zip(keys, row, strict=True)) for row in rows], Rows(keys, rows), as_json=as_json)


@app.command(epilog="Example:  grace cause show disk_full")
def show(
    name: Annotated[str, typer.Argument(help="The cause's name, as listed.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show a cause as its file says it, without default values."""
    import yaml

    said = _causes(config)[name].model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=1000)  # a command stays one line
    answer(said, *text.splitlines(), as_json=as_json)


@app.command(epilog="Examples:  grace cause lint    ·    grace cause lint my-causes/mail_worker_stuck.yaml")
def lint(
    path: SourcePath = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Check causes and name every fault with its file, line and remedy. Exit 2 when there is one."""
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.coding import hunted_source
    from grace_workers.diagnosis import lint_causes, needed_folders
    from grace_workers.settings import load_settings

    terms = catalogs().terms
    places = [path] if path is not None else needed_folders(load_settings(config).cause_folders)
    show_faults([fault for place in places for fault in lint_causes(place, terms, hunted_source)], as_json=as_json)


def _causes(config: Path | None) -> "Causes":
    from grace_workers.bootstrap.catalogs import catalogs
    from grace_workers.bootstrap.definitions import cause_shelf
    from grace_workers.settings import load_settings

    return cause_shelf(load_settings(config), catalogs()).current()
