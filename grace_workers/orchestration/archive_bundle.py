"""The audit log's bundle as an archive: packed with the hash of each file, and proved again when it is verified."""

import zipfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from grace_workers.audit import Finding, VerifierKey, verify_bundle
from grace_workers.foundation.errors import IntegrityError
from grace_workers.foundation.version import __version__
from grace_workers.orchestration.archive_file import BUNDLE, CHUNK, MANIFEST, Hashed, new_file, opened, parts
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.portable import FORMAT, ArchiveManifest, ArchiveScope, BundleFile, Teller


def export_audit(audit: AuditArchive, file: Path, told: Teller) -> ArchiveManifest:
    """Write everything that is signed so far, with its proofs, to a new archive.

    Raises:
        InputError: the file exists.
        ConflictError: nothing is signed yet.
    """
    with new_file(file) as target, TemporaryDirectory(prefix="grace-bundle-") as place:
        folder = Path(place) / "bundle"
        audit.export(folder)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            manifest = ArchiveManifest(
                format=FORMAT,
                scope=ArchiveScope.AUDIT,
                release=__version__,
                at=datetime.now(UTC).isoformat(),
                bundle=tuple(_packed(archive, path, path.relative_to(folder).as_posix(), told) for path in paths),
            )
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


def _packed(archive: zipfile.ZipFile, path: Path, name: str, told: Teller) -> BundleFile:
    with path.open("rb") as source, archive.open(f"{BUNDLE}{name}", "w", force_zip64=True) as target:
        hashed = Hashed(target, partial(told, name))
        while chunk := source.read(CHUNK):
            hashed.write(chunk)
    return BundleFile(name=name, size=hashed.size, sha256=hashed.sha256)


def prove(file: Path, now: datetime, key: VerifierKey | None) -> Finding:
    """Prove the bundle in an archive. Raises as `opened` and `parts` do, and IntegrityError for a name with a path."""
    with opened(file) as (archive, manifest), TemporaryDirectory(prefix="grace-bundle-") as place:
        folder = Path(place)
        for one in manifest.bundle:
            path = folder / _safe(one.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                for chunk in parts(archive, f"{BUNDLE}{one.name}", one):
                    target.write(chunk)
        return verify_bundle(folder, now, key)


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or "\0" in name:
        raise IntegrityError(f"the archive names a file outside of its bundle: {name[:80]!r}")
    return path
