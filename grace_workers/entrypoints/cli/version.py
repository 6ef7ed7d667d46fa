"""`grace version`."""

import platform

import typer

from grace_workers.entrypoints.cli.options import AsJson
from grace_workers.entrypoints.cli.output import say, say_json
from grace_workers.foundation.version import __version__

app = typer.Typer(add_completion=False)


@app.command(epilog="Example:  grace version --json")
def version(as_json: AsJson = False) -> None:
    """Print the version of grace_workers and of Python."""
    told = {"grace_workers": __version__, "python": platform.python_version()}
    if as_json:
        say_json(told)
    else:
        say(f"grace_workers {__version__}, Python {platform.python_version()}")
