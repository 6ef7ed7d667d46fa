"""Reading an exported bundle, so that a log can be verified with neither database nor network."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from grace_workers.audit.findings import Anchored, Finding, Intact, Material, Policy, SealedRow, Tampered
from grace_workers.audit.hashing import chain_start, leaf_hash, link
from grace_workers.audit.note import NoteError, Signer, VerifierKey, read_checkpoint, signed_by
from grace_workers.audit.tree import Node
from grace_workers.audit.verification import verify
from grace_workers.foundation.errors import IntegrityError, NotFoundError

MANIFEST = "manifest.json"
MANIFEST_NOTE = "manifest.note"
_DOMAIN = "grace/audit/export/v1\n"
_MARK = "\u2014 "


def verify_bundle(folder: Path, now: datetime, pinned: VerifierKey | None = None) -> Finding:
    """Verify the bundle in `folder`, with `pinned` or else with the first key that the bundle itself names.

    Raises:
        NotFoundError: the folder holds no bundle.
    """
    if not (folder / MANIFEST).exists():
        raise NotFoundError(f"{folder} holds no audit bundle: {MANIFEST} is missing")
    key = pinned if pinned is not None else VerifierKey.parse((folder / "keys.txt").read_text().split("\n")[0])
    policy = Policy(key=key, anchor_within=None, seal_within=None)
    finding = verify(_material(folder, key.name), policy, now)
    return _against_manifest(folder, finding) if isinstance(finding, Intact) else finding


def split_notes(text: str) -> Iterator[str]:
    """Yield the signed notes that stand one after another."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if lines and lines[-1].startswith(_MARK) and not line.startswith(_MARK):
            yield "".join(lines)
            lines = []
        lines.append(line)
    if lines:
        yield "".join(lines)


def _material(folder: Path, origin: str) -> Material:
    anchors = {path.stem: _anchors(path) for path in sorted((folder / "anchors").glob("*.jsonl"))}
    return Material(
        rows=_rows(folder, origin),
        nodes=_nodes(folder / "nodes"),
        checkpoints=_checkpoints(folder / "checkpoints.txt"),
        anchors=anchors,
    )


def _rows(folder: Path, origin: str) -> Iterator[SealedRow]:
    chain = chain_start(origin)
    with (folder / "entries.jsonl").open("rb") as entries, (folder / "data.jsonl").open("rb") as data:
        details = _details(data)
        waiting = next(details, None)
        for seq, line in enumerate(entries):
            envelope = line.removesuffix(b"\n")
            leaf = leaf_hash(envelope)
            chain = link(seq, chain, leaf)
            text, salt = (waiting[1], waiting[2]) if waiting is not None and waiting[0] == seq else (None, None)
            if text is not None:
                waiting = next(details, None)
            yield seq, envelope, text, salt, leaf, chain
    if waiting is not None:
        raise IntegrityError(f"data.jsonl has details for entry {waiting[0]}, which the bundle does not hold in order")


def _details(lines: Iterator[bytes] | Any) -> Iterator[tuple[int, bytes, bytes]]:
    for line in lines:
        try:
            read = json.loads(line)
            yield int(read["seq"]), read["data"].encode(), bytes.fromhex(read["salt"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError("data.jsonl has a line that cannot be read") from error


def _nodes(path: Path) -> Iterator[Node]:
    with path.open() as lines:
        for line in lines:
            try:
                height, idx, digest = line.split()
                yield Node(int(height), int(idx), bytes.fromhex(digest))
            except ValueError as error:
                raise IntegrityError("nodes has a line that cannot be read") from error


def _checkpoints(path: Path) -> Iterator[tuple[int, str]]:
    for note in split_notes(path.read_text()):
        try:
            yield read_checkpoint(note).size, note
        except NoteError as error:
            raise IntegrityError(f"checkpoints.txt has a note that cannot be read: {error}") from error


def _anchors(path: Path) -> Iterator[Anchored]:
    with path.open() as lines:
        for line in lines:
            try:
                kept = json.loads(line)
                yield Anchored(kept["note"], datetime.fromisoformat(kept["at"]))
            except (ValueError, KeyError, TypeError) as error:
                raise IntegrityError(f"anchors/{path.name} has a line that cannot be read") from error


def _against_manifest(folder: Path, finding: Intact) -> Finding:
    """Compare the files with the manifest; it also covers what the tree does not, as the keys and the script."""
    manifest = json.loads((folder / MANIFEST).read_text())
    if manifest["size"] != finding.checkpoint.size or manifest["root"] != finding.checkpoint.root.hex():
        return Tampered(min(manifest["size"], finding.checkpoint.size), "the manifest speaks of another checkpoint")
    for name, digest in manifest["files"].items():
        if _digest(folder / name) != digest:
            return Tampered(0, f"the file {name} is not the one that was exported")
    note = folder / MANIFEST_NOTE
    # An export made where no private key lies has no note; its entries are proven all the same, by their checkpoints.
    if note.exists() and not _signs_manifest(note.read_text(), folder / MANIFEST, finding.keys):
        return Tampered(0, "manifest.note is not a signature over the manifest by a key of this log")
    return finding


def manifest_note(manifest: str, signer: Signer) -> str:
    """Return the signed note over the text of a manifest."""
    return signer.note(f"{_DOMAIN}{hashlib.sha256(manifest.encode()).hexdigest()}\n")


def _signs_manifest(note: str, manifest: Path, keys: Iterable[VerifierKey]) -> bool:
    try:
        about = note.startswith(f"{_DOMAIN}{_digest(manifest)}\n\n")
        return about and any(signed_by(note, key) for key in keys)
    except NoteError:
        return False


def _digest(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
