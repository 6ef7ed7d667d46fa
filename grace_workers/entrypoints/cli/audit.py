"""`grace audit`: verify the log, prove an entry, export a bundle, read the newest entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from grace_workers.audit import CannotTell, Finding, Intact, Tampered, VerifierKey, exit_code, verify_bundle
from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import complain, say, say_json
from grace_workers.foundation.errors import GraceError, InputError
from grace_workers.foundation.ids import EntryId, IncidentId, parse_uuid
from grace_workers.orchestration.audit_archive import AuditArchive

app = typer.Typer(name="audit", help="The audit log: verify it, prove an entry, export it.", no_args_is_help=True)

_MOST_DIGITS = 18


@app.command(
    epilog="Examples:  grace audit verify    ·    grace audit verify --bundle story --key 'grace.node-1+9f3c…'"
)
def verify(
    bundle: Annotated[
        Path | None, typer.Option(help="Verify an exported bundle in this folder; needs neither node nor database.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The log's first public key (name+id+base64), from your own copy; with --bundle.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Verify every entry, checkpoint and anchor.

    Exit code 0: intact. 1: tampered, with the first entry that cannot be trusted. 2: cannot tell, with what is missing.
    """
    with _cannot_tell():
        if bundle is not None:
            pinned = None if key is None else VerifierKey.parse(key)
            finding = verify_bundle(bundle, datetime.now(UTC), pinned)
        else:
            finding = _archive(config).verify()
    if as_json:
        say_json(_document(finding))
    else:
        say(_sentence(finding))
    if bundle is not None and key is None and isinstance(finding, Intact) and not as_json:
        complain("The bundle was checked with the key that it contains; pass --key with your own copy.")
    if bundle is None and isinstance(finding, Intact) and not finding.counted and not as_json:
        complain("The writers' counters were unavailable, so missing unsealed entries would go unnoticed.")
    raise typer.Exit(exit_code(finding))


@app.command(epilog="Examples:  grace audit proof 17    ·    grace audit proof 0198c0de-… > entry.tlog-proof")
def proof(
    entry: Annotated[str, typer.Argument(help="The entry's sequence number or id.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print the inclusion proof of one entry (C2SP .tlog-proof), to keep or pass on."""
    wanted = _entry(entry)
    text = _archive(config).proof(wanted)
    if as_json:
        say_json({"entry": entry, "proof": text})
        return
    # The proof is a file format, so every line is printed unchanged.
    for line in text.removesuffix("\n").split("\n"):
        say(line)


@app.command(epilog="Example:  grace audit export story && cd story && python3 verify.py")
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder for the bundle.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write everything signed so far to a folder that proves itself: run `python3 verify.py` in it, anywhere."""
    try:
        checkpoint = _archive(config).export(folder)
    except OSError as error:
        raise InputError(f"cannot export to {folder}: {error.strerror}; name a new folder") from error
    told = {"folder": str(folder), "size": checkpoint.size, "root": checkpoint.root.hex()}
    if as_json:
        say_json(told)
    else:
        say(f"{checkpoint.size} entries in {folder}, checkpoint {checkpoint.short}")


@app.command(epilog="Examples:  grace audit tail -n 5    ·    grace audit tail --incident 0198c0de-… --json")
def tail(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many entries.")] = 20,
    incident: Annotated[str | None, typer.Option(help="Only the entries of this incident.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest entries, newest first."""
    about = None if incident is None else IncidentId(parse_uuid(incident, "incident"))
    rows = _archive(config).tail(limit, about)
    if as_json:
        say_json([asdict(row) for row in rows])
        return
    for row in rows:
        told = row.envelope
        place = "unsealed" if row.seq is None else str(row.seq)
        columns = (str(told.get(name, "?")) for name in ("ts", "action", "subject", "outcome", "actor"))
        say(f"{place:>8}  {'  '.join(columns)}")


def _entry(text: str) -> int | EntryId:
    if not (text.isascii() and text.isdecimal()):
        return EntryId(parse_uuid(text, "entry"))
    if len(text) > _MOST_DIGITS:
        raise InputError(f"entry {text[:40]} is too large for a sequence number; `grace audit tail` shows the newest")
    return int(text)


def _archive(config: Path | None) -> AuditArchive:
    # Imported here, because bootstrap imports every adapter, and `--bundle` needs none of them.
    from grace_workers.bootstrap.archive import open_audit
    from grace_workers.settings import load_settings

    return open_audit(load_settings(config))


@contextmanager
def _cannot_tell() -> Iterator[None]:
    """Turn any error that prevents verification into one sentence and exit code 2, because 1 means tampered."""
    try:
        yield
    except GraceError as error:
        complain(f"grace: {error}")
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
                "counted": finding.counted,
                "set_aside": finding.set_aside,
            }
        case Tampered(seq=seq, why=why):
            return {"finding": "tampered", "seq": seq, "why": why}
        case CannotTell(why=why):
            return {"finding": "cannot tell", "why": why}


def _sentence(finding: Finding) -> str:
    match finding:
        case Intact(checkpoint=checkpoint):
            places = ", ".join(f"{place} to {size}" for place, size in sorted(finding.anchored.items()))
            waiting = f"; {finding.unsealed} more wait to be sealed" if finding.unsealed else ""
            if finding.set_aside:
                waiting += f"; {finding.set_aside} were not sealed but set aside, see their audit.set_aside entries"
            return f"intact: {checkpoint.size} entries, checkpoint {checkpoint.short}, anchored by {places}{waiting}"
        case Tampered(seq=seq, why=why):
            return f"tampered at entry {seq}: {why}"
        case CannotTell(why=why):
            return f"cannot tell: {why}"
