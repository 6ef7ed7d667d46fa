"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="GRACE_CONFIG", help="The settings file.", show_default="grace.yaml, if it exists"),
]
Url = Annotated[
    str | None, typer.Option("--url", envvar="GRACE_URL", help="The API.", show_default="this machine's node")
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="GRACE_TOKEN", help="A bearer token.", show_default="this machine's own"),
]
Reason = Annotated[str, typer.Option("--reason", "-r", help="The reason, for people who read the audit log later.")]
