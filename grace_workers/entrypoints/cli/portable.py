"""`grace export` and `grace import`: the fleet's database as one file, and back into an empty one."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grace_workers.audit import CannotTell, Tampered, VerifierKey
from grace_workers.entrypoints.cli.options import AsJson, Config
from grace_workers.entrypoints.cli.output import answer, complain
from grace_workers.foundation.errors import InputError, IntegrityError
from grace_workers.orchestration.portable import ArchiveScope, FileFormat

if TYPE_CHECKING:
    from grace_workers.orchestration.portable import ArchiveManifest
    from grace_workers.settings import Settings

export_app = typer.Typer()
import_app = typer.Typer()

_EVERY = 2.0
_MEGABYTE = 1_000_000

File = Annotated[Path, typer.Argument(help="The archive.")]


@export_app.command(
    epilog="Examples:  grace export fleet.zip    ·    grace export learned.zip --only learning --as jsonl    ·    "
    "grace export log.zip --only audit"
)
def export(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    only: Annotated[
        ArchiveScope, typer.Option("--only", help="What was learned, or the audit log with its proofs.")
    ] = ArchiveScope.ALL,
    written_as: Annotated[
        FileFormat, typer.Option("--as", help="The format of each table. Only csv can be restored.")
    ] = FileFormat.CSV,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write the fleet's database to one file: a ZIP with a file for each table, and the hash of each.

    With --only audit it holds the audit log as a bundle that proves itself. The file is for its owner alone, because it
    contains what incidents and jobs contain, and the hashes of tokens.
    """
    from grace_workers.bootstrap.archive import open_audit
    from grace_workers.bootstrap.schema import portable
    from grace_workers.orchestration.archive_bundle import export_audit
    from grace_workers.settings import load_settings

    settings, told = load_settings(config), _Progress(quiet=as_json)
    if only is ArchiveScope.AUDIT:
        manifest = export_audit(open_audit(settings), file, told)
    else:
        manifest = portable(settings).export(file, only, told, written_as=written_as)
    answer(manifest.model_dump(mode="json"), _sum(manifest, f"written to {file}"), as_json=as_json)


@import_app.command(
    "import",
    epilog="Examples:  grace import fleet.zip --verify    ·    grace import fleet.zip    ·    "
    "grace import fleet.zip --with-audit",
)
def import_archive(
    file: File,
    verify: Annotated[bool, typer.Option("--verify", help="Only compare it with its manifest; no database.")] = False,
    key: Annotated[
        str | None, typer.Option(help="The audit log's first public key, from your own copy; with --verify.")
    ] = None,
    with_audit: Annotated[
        bool, typer.Option("--with-audit", help="The audit log too, which then goes on with the keys that are here.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Restore an archive into an empty database of the same schema, all or nothing; or only verify it.

    Run `grace migrate` first, with the release that wrote the archive. Without --with-audit the new database begins an
    audit log of its own.
    """
    from grace_workers.bootstrap.schema import portable
    from grace_workers.settings import load_settings

    if verify:
        manifest = _verified(file, key, _Progress(quiet=as_json))
        answer(manifest.model_dump(mode="json"), _sum(manifest, f"in {file}, intact"), as_json=as_json)
        return
    settings = load_settings(config)
    origin = _origin(settings) if with_audit else None
    manifest = portable(settings).restore(file, _Progress(quiet=as_json), audit_of=origin)
    answer(manifest.model_dump(mode="json"), _sum(manifest, "restored"), as_json=as_json)


def _origin(settings: "Settings") -> str:
    from grace_workers.bootstrap.archive import audit_keys

    return audit_keys(settings).pinned().name


def _verified(file: Path, key: str | None, told: "_Progress") -> "ArchiveManifest":
    from grace_workers.orchestration.archive_bundle import prove
    from grace_workers.orchestration.archive_file import verify

    manifest = verify(file, told)
    if manifest.scope is ArchiveScope.AUDIT:
        found = prove(file, datetime.now(UTC), None if key is None else VerifierKey.parse(key))
        if isinstance(found, Tampered):
            raise IntegrityError(f"the audit log in {file} was tampered with at entry {found.seq}: {found.why}")
        if isinstance(found, CannotTell):
            raise InputError(f"cannot tell whether the audit log in {file} is intact: {found.why}")
    return manifest


class _Progress:
    """Tells of each table with rows, and every two seconds of how far a long one is."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._told_at = time.monotonic()

    def __call__(self, what: str, size: int, rows: int | None = None) -> None:
        now = time.monotonic()
        if self._quiet or (rows is None and now - self._told_at < _EVERY):
            return
        if rows is None:
            complain(f"{what}: {size // _MEGABYTE} MB so far")
        elif rows:
            complain(f"{what}: {rows} rows")
        self._told_at = now


def _sum(manifest: "ArchiveManifest", what: str) -> str:
    if manifest.bundle:
        return f"the audit log in {len(manifest.bundle)} files {what}"
    return f"{sum(one.rows for one in manifest.tables)} rows of {len(manifest.tables)} tables {what}"
