"""`grace audit`: verify the log, prove an entry, export a bundle, read the newest entries."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from grace_workers.audit import CannotTell, Finding, Intact, Tampered, VerifierKey, exit_code, verify_bundle
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.ids import EntryId, IncidentId, parse_uuid
from grace_workers.orchestration.audit_archive import AuditArchive

app = typer.Typer(
    name="audit", help="The audit log: verify it, prove an entry, take it with you.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@app.command()
def verify(
    bundle: Annotated[
        Path | None, typer.Option(help="Verify an exported bundle in this folder; needs neither node nor database.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The log's first public key (name+id+base64), as you keep it; with --bundle.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Verify every entry, checkpoint and anchor.

    Exit code 0: intact. 1: tampered, with the first entry that cannot be trusted. 2: cannot tell, with what is missing.
    """
    with _told():
        if bundle is not None:
            pinned = None if key is None else VerifierKey.parse(key)
            finding = verify_bundle(bundle, datetime.now(UTC), pinned)
        else:
            finding = _archive().verify()
    typer.echo(json.dumps(_document(finding)) if as_json else _sentence(finding))
    if bundle is not None and key is None and isinstance(finding, Intact) and not as_json:
        typer.echo("The bundle was checked with the key it names itself; pass --key with the one you keep.", err=True)
    raise typer.Exit(exit_code(finding))


@app.command()
def proof(
    entry: Annotated[str, typer.Argument(help="The entry's sequence number or id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print the inclusion proof of one entry (C2SP .tlog-proof), to keep or to hand on."""
    with _told():
        wanted = int(entry) if entry.isdecimal() else EntryId(parse_uuid(entry, "entry"))
        text = _archive().proof(wanted)
    typer.echo(json.dumps({"entry": entry, "proof": text}) if as_json else text, nl=as_json)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder for the bundle.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write everything signed so far to a folder that proves itself: run `python3 verify.py` in it, anywhere."""
    with _told():
        checkpoint = _archive().export(folder)
    told = {"folder": str(folder), "size": checkpoint.size, "root": checkpoint.root.hex()}
    typer.echo(json.dumps(told) if as_json else f"{checkpoint.size} entries in {folder}, checkpoint {checkpoint.short}")


@app.command()
def tail(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many entries.")] = 20,
    incident: Annotated[str | None, typer.Option(help="Only the entries of this incident.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the newest entries, newest first."""
    with _told():
        about = None if incident is None else IncidentId(parse_uuid(incident, "incident"))
        rows = _archive().tail(limit, about)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows]))
        return
    for row in rows:
        told = row.envelope
        place = "unsealed" if row.seq is None else str(row.seq)
        typer.echo(f"{place:>8}  {told['ts']}  {told['action']}  {told['subject']}  {told['outcome']}  {told['actor']}")


def _archive() -> AuditArchive:
    # Imported here: bootstrap knows every adapter, and `--bundle` needs none of them.
    from grace_workers.bootstrap import open_audit
    from grace_workers.settings import load_settings

    return open_audit(load_settings())


@contextmanager
def _told() -> Iterator[None]:
    """Turn what we raise on purpose into one sentence and exit code 2."""
    try:
        yield
    except GraceError as error:
        typer.echo(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from error


def _document(finding: Finding) -> dict[str, object]:
    match finding:
        case Intact(checkpoint=checkpoint):
            return {
                "finding": "intact",
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "anchored": dict(finding.anchored),
                "unsealed": finding.unsealed,
                "redacted": finding.redacted,
            }
        case Tampered(seq=seq, why=why):
            return {"finding": "tampered", "seq": seq, "why": why}
        case CannotTell(why=why):
            return {"finding": "cannot tell", "why": why}


def _sentence(finding: Finding) -> str:
    match finding:
        case Intact(checkpoint=checkpoint):
            places = ", ".join(f"{place} to {size}" for place, size in sorted(finding.anchored.items()))
            waiting = f"; {finding.unsealed} more wait for their seal" if finding.unsealed else ""
            return f"intact: {checkpoint.size} entries, checkpoint {checkpoint.short}, anchored by {places}{waiting}"
        case Tampered(seq=seq, why=why):
            return f"tampered at entry {seq}: {why}"
        case CannotTell(why=why):
            return f"cannot tell: {why}"
