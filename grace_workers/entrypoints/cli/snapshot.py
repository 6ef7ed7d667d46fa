"""`grace snapshot`: what the fleet was like each hour, checked, and put back part by part."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import Rows, answer
from grace_workers.foundation.errors import IntegrityError

if TYPE_CHECKING:
    from grace_workers.orchestration.stores import LineLedger
    from grace_workers.settings import Settings

app = typer.Typer(help="Hourly snapshots: list, show, verify, or put a part back.", no_args_is_help=True)

Wanted = Annotated[str, typer.Argument(help="The id, its beginning, or `newest`.", metavar="SNAPSHOT")]


@app.command("list", epilog="Example:  grace snapshot list")
def list_snapshots(config: Config = None, as_json: AsJson = False) -> None:
    """List the snapshots, the newest first. One that changed nothing was not taken. Needs the database, not the API."""
    from grace_workers.orchestration.snapshots import snapshots
    from grace_workers.settings import load_settings

    with _ledger(load_settings(config)) as ledger:
        found = snapshots(ledger)
    rows = [
        (one.id[:12], f"{one.at:%Y-%m-%d %H:%M:%S}", len(one.parts), sum(p.size for p in one.parts)) for one in found
    ]
    answer(
        [{"id": one.id, "at": one.at.isoformat(), "parts": len(one.parts)} for one in found],
        Rows(columns=("snapshot", "taken (UTC)", "parts", "bytes"), rows=rows),
        as_json=as_json,
    )


@app.command(epilog="Examples:  grace snapshot show newest    ·    grace snapshot show 3f9ac1 knowledge.json")
def show(
    wanted: Wanted,
    part: Annotated[str | None, typer.Argument(help="Print this part as it was.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the parts of a snapshot, or print the content of one."""
    from grace_workers.orchestration import snapshots
    from grace_workers.settings import load_settings

    with _ledger(load_settings(config)) as ledger:
        if part is not None:
            sys.stdout.buffer.write(snapshots.shown(ledger, wanted, part))
            return
        found = snapshots.snapshot(ledger, wanted)
    rows = [(one.name, one.size, one.sha256[:12], one.path or "the database") for one in found.parts]
    answer(
        {
            "id": found.id,
            "at": found.at.isoformat(),
            "parts": [{"name": p.name, "sha256": p.sha256} for p in found.parts],
        },
        f"snapshot {found.id} of {found.at:%Y-%m-%d %H:%M:%S} UTC",
        Rows(columns=("part", "bytes", "sha-256", "from"), rows=rows),
        as_json=as_json,
    )


@app.command(epilog="Example:  grace snapshot verify newest")
def verify(wanted: Wanted, config: Config = None, as_json: AsJson = False) -> None:
    """Check each part by its hash and as what it is, and the signed entry of the audit log. Exit 1 if one fails."""
    from grace_workers.bootstrap.archive import open_audit
    from grace_workers.orchestration import snapshots
    from grace_workers.settings import load_settings

    settings = load_settings(config)
    with _ledger(settings) as ledger:
        found = snapshots.verify(ledger, open_audit(settings), wanted)
    if not found.sound:
        wrong = [*found.damaged, *([] if found.unsigned is None else [f"no signed entry of it: {found.unsigned}"])]
        raise IntegrityError(f"snapshot {found.snapshot.id[:12]} is not sound: {'; '.join(wrong)}")
    told = f"snapshot {found.snapshot.id[:12]} is sound: {len(found.snapshot.parts)} parts, signed by the audit log"
    answer({"id": found.snapshot.id, "sound": True, "parts": len(found.snapshot.parts)}, told, as_json=as_json)


@app.command(
    epilog="Example:  grace snapshot restore 3f9ac1 playbooks/0/restart_shop.yaml --reason 'edited by mistake'"
)
def restore(
    wanted: Wanted,
    part: Annotated[str, typer.Argument(help="The part, as `show` names it.")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; it is audited.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put one part back as it was, after it was checked. A file that it replaces is kept beside it."""
    from grace_workers.bootstrap.archive import open_audit
    from grace_workers.bootstrap.coding import open_model_file
    from grace_workers.orchestration import snapshots
    from grace_workers.settings import load_settings

    settings = load_settings(config)
    order = snapshots.PutBack(
        by="cli",
        reason=reason,
        at=datetime.now(UTC),
        instance=settings.instance,
        kept_file=settings.kept_file,
        opens=open_model_file,
    )
    with _ledger(settings) as ledger:
        told = snapshots.restore(ledger, open_audit(settings), wanted, part, order)
    answer({"part": part, "done": told}, told, as_json=as_json)


@contextmanager
def _ledger(settings: "Settings") -> "Iterator[LineLedger]":
    """Open the database alone, because a snapshot is wanted most when a playbook or the settings are broken."""
    from grace_workers.bootstrap.client import client_ledger
    from grace_workers.settings import database_of

    ledger = client_ledger(database_of(settings).get_secret_value())
    try:
        yield ledger
    finally:
        ledger.engine.dispose()
