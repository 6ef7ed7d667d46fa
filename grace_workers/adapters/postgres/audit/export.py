"""Writing a bundle: everything that a stranger needs to verify the log without database or network."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from grace_workers.adapters.postgres.audit.snapshot import AuditSnapshot
from grace_workers.audit import (
    BUNDLED,
    MANIFEST,
    MANIFEST_NOTE,
    ROTATE,
    Anchored,
    Checkpoint,
    SealedRow,
    manifest_note,
    read_checkpoint,
)
from grace_workers.foundation.canonical import timestamp
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.orchestration.audit_archive import SealingKeys


def write_bundle(
    folder: Path, view: AuditSnapshot, keys: SealingKeys, anchors: Mapping[str, Sequence[Anchored]], now: datetime
) -> Checkpoint:
    """Write the entries up to the newest checkpoint of `view`, with everything that proves them.

    The manifest is signed too if the private key is available (`manifest.note`).

    Raises:
        InputError: the folder is not empty.
        ConflictError: nothing is signed yet.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; name a new folder")
    notes = list(_anchored(view.checkpoints(), anchors, keys.pinned().name))
    if not notes:
        raise ConflictError("nothing is signed and anchored yet; try again in a second")
    checkpoint = read_checkpoint(notes[-1][1])
    (folder / "anchors").mkdir(parents=True)
    _write_rows(folder, view.rows(checkpoint.size))
    _write(folder / "nodes", (f"{height} {idx} {found.hex()}\n" for height, idx, found in view.nodes(checkpoint.size)))
    _write(folder / "checkpoints.txt", (note for _, note in notes))
    for place, kept in anchors.items():
        _write(folder / "anchors" / f"{place}.jsonl", _anchor_lines(kept, checkpoint))
    _write(folder / "keys.txt", _key_lines(view, keys))
    (folder / "verify.py").write_text(files("grace_workers.audit").joinpath("standalone.py").read_text())
    _write_manifest(folder, checkpoint, keys, now)
    return checkpoint


def _anchored(
    notes: Iterable[tuple[int, str]], anchors: Mapping[str, Sequence[Anchored]], origin: str
) -> Iterator[tuple[int, str]]:
    """Yield the checkpoints up to the newest one that each place required by verification has stored too.

    The anchors were read before the log, so they may be a moment behind.
    """
    limits = []
    for place in BUNDLED:
        told = [read_checkpoint(anchored.note) for anchored in anchors.get(place, ())]
        limits.append(max((one.size for one in told if one.origin == origin), default=0))
    return (note for note in notes if note[0] <= min(limits))


def _write_rows(folder: Path, rows: Iterable[SealedRow]) -> None:
    with (folder / "entries.jsonl").open("wb") as entries, (folder / "data.jsonl").open("w") as details:
        for seq, envelope, data, salt, _, _ in rows:
            entries.write(envelope + b"\n")
            if data is not None and salt is not None:
                line = {"seq": seq, "salt": salt.hex(), "data": data.decode()}
                details.write(json.dumps(line, ensure_ascii=False) + "\n")


def _anchor_lines(kept: Iterable[Anchored], checkpoint: Checkpoint) -> Iterator[str]:
    for anchored in kept:
        told = read_checkpoint(anchored.note)
        if told.origin == checkpoint.origin and told.size <= checkpoint.size:
            at = None if anchored.at is None else timestamp(anchored.at)
            yield json.dumps({"at": at, "note": anchored.note}, ensure_ascii=False) + "\n"


def _key_lines(view: AuditSnapshot, keys: SealingKeys) -> Iterator[str]:
    yield f"{keys.pinned()}\n"
    query = "SELECT entry ->> 'subject' FROM audit_log WHERE entry ->> 'action' = %s ORDER BY seq"
    for (subject,) in view.session.execute(query, (ROTATE,)):
        yield f"{subject}\n"


def _write_manifest(folder: Path, checkpoint: Checkpoint, keys: SealingKeys, now: datetime) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "format": "grace/audit/bundle/v1",
        "origin": checkpoint.origin,
        "first": 0,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "exported_at": timestamp(now),
        "files": {str(path.relative_to(folder)): _digest(path) for path in paths},
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / MANIFEST).write_text(text)
    try:
        signer = keys.signer()
    except NotFoundError:
        return
    # The key was rotated since this view was taken, and readers of the bundle would not know the new one.
    if str(signer.key) in (folder / "keys.txt").read_text().splitlines():
        (folder / MANIFEST_NOTE).write_text(manifest_note(text, signer))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("w") as file:
        file.writelines(lines)
