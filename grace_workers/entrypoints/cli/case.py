"""`grace case`: an incident's world as a file, replayed offline."""

from pathlib import Path
from typing import Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config, Endpoint, ListedIncident, with_endpoint
from grace_workers.entrypoints.cli.output import answer, show_json
from grace_workers.entrypoints.cli.replays import CauseFolders, Playbooks, PolicyFile, counted

app = typer.Typer(help="Export incidents as cases, and replay them offline.", no_args_is_help=True)


@app.command(epilog="Example:  grace case export 0198c0de-… --output cases/checkout-down.json")
@with_endpoint
def export(
    endpoint: Endpoint,
    incident: ListedIncident,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A new file.", show_default="stdout")] = None,
    as_json: AsJson = False,
) -> None:
    """Write an incident's signals, readings, knowledge and end as JSON. Look through it before you give it away."""
    from grace_workers.entrypoints.printable import json_text
    from grace_workers.foundation.errors import InputError
    from grace_workers.foundation.ids import parse_uuid
    from grace_workers.foundation.plain_file import replace_file, translated

    with endpoint.connect() as api:
        found = api.get(f"/api/v1/cases/{parse_uuid(incident, 'incident')}")
    if output is None:
        show_json(found)
        return
    with translated(f"case file {str(output)!r}"):
        if output.exists():
            raise InputError(f"file {str(output)!r} exists already; give another name")
        # Its owner alone may read what was logged.
        replace_file(output, f"{json_text(found, indent=2)}\n".encode())
    told = (counted(len(found["signals"]), "signal"), counted(len(found["evidence"]), "reading"))
    answer(found, f"wrote {output}: {', '.join(told)}", as_json=as_json)


@app.command(epilog="Example:  grace case run cases/*.json --playbooks new-playbooks")
def run(
    files: Annotated[list[Path], typer.Argument(help="Files that `grace case export` wrote.")],
    *,
    playbooks: Playbooks = None,
    causes: CauseFolders = None,
    policy: PolicyFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Replay cases offline by the definitions of this machine. Exit 1 if one would now go another way."""
    from grace_workers.entrypoints.cli.replays import as_json_of, rulebook, side_by_side, summary_of
    from grace_workers.foundation.errors import InputError
    from grace_workers.foundation.plain_file import read_small
    from grace_workers.orchestration.case import LARGEST, IncidentCase, read_case
    from grace_workers.orchestration.replaying import replay

    def read(path: Path) -> IncidentCase:
        try:
            return read_case(read_small(path, most=LARGEST), f"case {str(path)!r}")
        except OSError as error:
            raise InputError(f"case {str(path)!r}: cannot be read ({error.strerror or error})") from error

    cases = [read(path) for path in files]
    rules = rulebook(config, playbooks, causes, policy)
    found = [replay(case, rules) for case in cases]
    answer(as_json_of(found), *side_by_side(found), *summary_of(found), as_json=as_json)
    if any(one.differs for one in found):
        raise typer.Exit(1)
