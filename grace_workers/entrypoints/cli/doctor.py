"""`grace doctor`: look at this installation, and say how to mend what is wrong."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.foundation.errors import GraceError

if TYPE_CHECKING:
    from grace_workers.settings import Settings

app = typer.Typer(add_completion=False)

_PINNED = {"celery": "5.7.0", "kombu": "5.7.0"}
_MENDS = {
    "database": "start the database, or the node with `grace up`",
    "broker": "start the broker, or the node with `grace up`",
    "leader": "start a node with `grace up`",
    "pools": "start a node with `grace up`",
    "audit": "see that a node runs; then `grace audit verify`",
    "playbooks": "run `grace playbook lint`",
}
_SECRETS = ("cli-token", "servers.json")


@dataclass(frozen=True, slots=True)
class Line:
    """One check: `ok` or not, what was seen, and how to mend it."""

    check: str
    ok: bool
    seen: str
    mend: str = ""


@app.command(epilog="Example:  grace doctor --json")
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Check Python, packages, settings, data directory, secrets, servers, schema, playbooks and audit log.

    Exit 1 when something is wrong; each such line says how to mend it.
    """
    from grace_workers.entrypoints.cli.output import show_json

    lines = list(_lines(config))
    if as_json:
        show_json([asdict(line) for line in lines])
    else:
        for line in lines:
            print(f"{'ok   ' if line.ok else 'FAULT'} {line.check:<15} {line.seen}")
            if line.mend:
                print(f"      {'':<15} → {line.mend}")
    if not all(line.ok for line in lines):
        raise typer.Exit(1)


def _lines(config: Path | None) -> Iterator[Line]:
    from grace_workers.settings import load_settings

    seen = ".".join(str(part) for part in sys.version_info[:3])
    yield Line("python", sys.version_info >= (3, 11), seen, "" if sys.version_info >= (3, 11) else "use Python 3.11")
    yield from (_package(name, wanted) for name, wanted in _PINNED.items())
    try:
        settings = load_settings(config)
    except GraceError as error:
        yield Line("settings", False, str(error), "mend grace.yaml or the GRACE_ variables")
        return
    yield Line("settings", True, str(settings.config_file or "defaults and environment"))
    yield _data_dir(settings.data_dir)
    yield from (_secret(settings.data_dir / name) for name in _SECRETS if (settings.data_dir / name).exists())
    yield from _servers(settings)


def _servers(settings: "Settings") -> Iterator[Line]:
    from grace_workers.bootstrap import open_audit, open_runtime, watch
    from grace_workers.entrypoints.api.readiness import Readiness

    try:
        runtime = open_runtime(settings, application="grace-doctor")
    except GraceError as error:
        yield Line("fleet", False, str(error), "run `grace up`, or give the servers' URLs")
        return
    try:
        fleet = watch(runtime)
        found = Readiness(runtime, fleet, open_audit(settings)).look()
        yield from (Line(one.check, one.ok, one.reason, "" if one.ok else _MENDS[one.check]) for one in found)
        if all(one.ok for one in found if one.check == "database"):
            yield _looked("schema", fleet.schema, "start a node with `grace up`, which migrates")
    finally:
        runtime.close()


def _package(name: str, wanted: str) -> Line:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = "missing"
    return Line(name, found == wanted, found, "" if found == wanted else f"pip install {name}=={wanted}")


def _data_dir(folder: Path) -> Line:
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return Line(
        "data directory", usable, str(folder), "" if usable else f"make {nearest} writable, or set GRACE_DATA_DIR"
    )


def _secret(path: Path) -> Line:
    mode = stat.S_IMODE(path.stat().st_mode)
    private = mode & 0o077 == 0
    return Line(path.name, private, f"mode {mode:04o}", "" if private else f"chmod 600 {path}")


def _looked(check: str, look: Callable[[], str], mend: str) -> Line:
    try:
        return Line(check, True, look())
    except GraceError as error:
        return Line(check, False, str(error).splitlines()[0], mend)
