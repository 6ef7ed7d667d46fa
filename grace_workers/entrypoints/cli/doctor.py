"""`grace doctor`: check this installation, and say how to fix what is wrong."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import typer

from grace_workers.entrypoints.cli.doctor_line import DoctorLine
from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import answer
from grace_workers.foundation.errors import GraceError

app = typer.Typer(add_completion=False)

_PYTHON = (3, 11)


@app.command(epilog="Example:  grace doctor --json")
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Check settings, folders, space, ports, secrets, servers, schema, clock, leader, nodes, kernels and breakers.

    Exit 1 when something is wrong; each such line says how to fix it.
    """
    lines = list(_lines(config))
    told: list[str] = []
    for line in lines:
        told.append(f"{'ok   ' if line.ok else 'FAULT'} {line.check:<15} {line.seen}")
        told += [f"      {'':<15} → {line.mend}"] if line.mend else []
    answer([asdict(line) for line in lines], *told, as_json=as_json)
    if not all(line.ok for line in lines):
        raise typer.Exit(1)


def _lines(config: Path | None) -> Iterator[DoctorLine]:
    from grace_workers.entrypoints.cli import doctor_fleet, doctor_local
    from grace_workers.settings import load_settings

    seen = ".".join(str(part) for part in sys.version_info[:3])
    new_enough = sys.version_info >= _PYTHON
    yield DoctorLine("python", new_enough, seen, "" if new_enough else "use Python 3.11")
    yield from doctor_local.packages()
    try:
        settings = load_settings(config)
    except GraceError as error:
        yield DoctorLine("settings", False, str(error), "correct grace.yaml or the GRACE_ variables")
        return
    yield DoctorLine("settings", True, str(settings.config_file or "defaults and environment"))
    yield from doctor_local.machine(settings)
    try:
        yield from doctor_local.secrets(settings)
    except GraceError as error:
        yield DoctorLine("fleet", False, str(error), "run `grace up`, or give the servers' URLs")
        return
    yield from doctor_fleet.servers(settings)
