"""`grace version`."""

import json
import platform

import typer

from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.foundation.version import __version__

app = typer.Typer(add_completion=False)


@app.command(epilog="Example:  grace version --json")
def version(as_json: AsJson = False) -> None:
    """Print the version of grace_workers and of Python."""
    told = {"grace_workers": __version__, "python": platform.python_version()}
    print(json.dumps(told) if as_json else f"grace_workers {__version__}, Python {platform.python_version()}")
