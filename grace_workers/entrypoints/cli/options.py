"""Options that many commands share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

if TYPE_CHECKING:
    from grace_workers.entrypoints.gateway import Gateway

P = ParamSpec("P")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="GRACE_CONFIG", help="The settings file.", show_default="grace.yaml, if it exists"),
]
Reason = Annotated[str, typer.Option("--reason", "-r", help="The reason, for people who read the audit log later.")]
DrainGrace = Annotated[
    float, typer.Option(min=0, help="Seconds that running jobs may take to finish; the rest is handed to other nodes.")
]
PlanWait = Annotated[float, typer.Option(help="Follow the plan for this many seconds; 0 only submits.")]
TaskWait = Annotated[float, typer.Option(help="Follow it for this many seconds; 0 only submits.")]
OfTarget = Annotated[str | None, typer.Option("--target", "-t", help="Only those of this target.")]
InState = Annotated[str | None, typer.Option(help="Only those in this state.")]
Urgency = Annotated[int, typer.Option(min=1, max=10, help="1 to 10; 10 is most urgent.")]
ListedIncident = Annotated[str, typer.Argument(metavar="ID", help="The incident's id, as listed.")]
AskedId = Annotated[str, typer.Argument(metavar="ID", help="The incident's id or the question's.")]
DeclaredTarget = Annotated[str, typer.Argument(help="A target declared in grace.yaml.")]
Beginning = Annotated[str | None, typer.Option("--from", help="When it begins (RFC 3339).", show_default="now")]
HowMany = Annotated[int, typer.Option(min=1, max=500, help="How many.")]
SourcePath = Annotated[Path | None, typer.Argument(help="A file or folder; without one, all configured folders.")]
_ENDPOINT = {
    "url": Annotated[
        str | None, typer.Option("--url", envvar="GRACE_URL", help="The API.", show_default="this machine's node")
    ],
    "token": Annotated[
        str | None,
        typer.Option("--token", envvar="GRACE_TOKEN", help="A bearer token.", show_default="this machine's own"),
    ],
    "config": Config,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a command finds the API; what is not given comes from the running node's own files."""

    url: str | None = None
    token: str | None = None
    config: Path | None = None

    def connect(self) -> "Gateway":
        """Return the API. Raises InputError as `connection.connect` does."""
        from grace_workers.entrypoints.cli.connection import connect

        return connect(self.url, self.token, self.config)


def with_endpoint(command: Callable[Concatenate[Endpoint, P], None]) -> Callable[..., None]:
    """Give a command the options --url, --token and --config, which it gets together as its first argument."""

    @wraps(command)
    def run(**given: Any) -> None:
        endpoint = Endpoint(**{name: given.pop(name) for name in _ENDPOINT})
        command(endpoint, **given)  # type: ignore[call-arg]

    _, *own = inspect.signature(command).parameters.values()
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _ENDPOINT.items()
    ]
    options = [*own, *added]
    # --json comes last in the help of every command.
    options.sort(key=lambda one: one.name == "as_json")
    # Typer reads both.
    run.__signature__ = inspect.Signature([one.replace(kind=one.KEYWORD_ONLY) for one in options])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in options}
    return run
