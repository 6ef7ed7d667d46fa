"""Reading an exported bundle, so that a log can be verified without database or network."""

import hashlib
import json
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from grace_workers.audit.findings import (
    Anchored,
    CannotTell,
    Finding,
    Intact,
    Material,
    ReaderPolicy,
    SealedRow,
    Tampered,
)
from grace_workers.audit.hashing import chain_start, leaf_hash, link
from grace_workers.audit.marks import BrokenError
from grace_workers.audit.note import NoteError, Signer, VerifierKey, read_checkpoint, signed_by
from grace_workers.audit.tree import Subtree
from grace_workers.audit.verification import verify
from grace_workers.foundation.errors import GraceError, IntegrityError, NotFoundError

MANIFEST = "manifest.json"
MANIFEST_NOTE = "manifest.note"
FORMAT = "grace/audit/bundle/v1"
BUNDLED = ("file",)
"""The places whose anchors must cover a bundle to its end."""
FILES = frozenset({"entries.jsonl", "data.jsonl", "nodes", "checkpoints.txt", "keys.txt", "verify.py"})
_ANCHOR = re.compile(r"anchors/[A-Za-z0-9_-]{1,64}\.jsonl")
_NODE = re.compile(rb"([0-9]{1,3}) ([0-9]{1,19}) ([0-9a-f]{64})\n")
_AT = re.compile(
    r"(?:19[7-9][0-9]|2[0-9]{3})-(?:0[1-9]|1[0-2])-(?:[0-2][0-9]|3[01])T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
)
_DOMAIN = "grace/audit/export/v1\n"
_MARK = "\u2014 "


def verify_bundle(folder: Path, now: datetime, pinned: VerifierKey | None = None) -> Finding:
    """Verify the bundle in `folder`, with `pinned` or else with the first key that the bundle itself names.

    It is intact when its manifest is signed by a key in force at its end, lists exactly the files that are there,
    and everything in them is proven up to that end by the log's checkpoints and an anchor.

    Raises:
        NotFoundError: the folder holds no bundle.
    """
    if not (folder / MANIFEST).exists():
        raise NotFoundError(f"{folder} holds no audit bundle: {MANIFEST} is missing")
    try:
        manifest = _manifest(folder)
        changed = _changed_file(folder, manifest)
        if changed is not None:
            return Tampered(0, changed)
        key = _first_key(folder, pinned)
        _read_through(folder)
        policy = ReaderPolicy(key=key, places=frozenset(BUNDLED), anchor_within=None, seal_within=None)
        finding = verify(_material(folder, key.name), policy, now)
        return _against_manifest(folder, manifest, finding) if isinstance(finding, Intact) else finding
    except (GraceError, OSError, ValueError) as error:
        return CannotTell(f"the bundle cannot be read: {error}")


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest. Raises ValueError when it is not of its form, or repeats a key."""
    _regular(folder / MANIFEST)
    told = json.loads((folder / MANIFEST).read_bytes().decode(), object_pairs_hook=_once)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"{MANIFEST} is not of format {FORMAT}")
    size, root, listed = told.get("size"), told.get("root"), told.get("files")
    if type(size) is not int or not isinstance(root, str) or not isinstance(listed, dict):
        raise ValueError(f"{MANIFEST} lacks its size, its root or its files")
    if missing := sorted(FILES - listed.keys()):
        raise ValueError(f"{MANIFEST} does not list {missing[0]}")
    for name, digest in listed.items():
        if name not in FILES and not _ANCHOR.fullmatch(name):
            raise ValueError(f"{MANIFEST} lists {name[:80]!r}, which is not a file of a bundle")
        if not isinstance(digest, str):
            raise ValueError(f"{MANIFEST} has no digest of {name}")  # noqa: TRY004 -- one kind of error for one fault
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"{MANIFEST} has a duplicate key")
    return found


def _changed_file(folder: Path, manifest: Mapping[str, Any]) -> str | None:
    """Return how the folder differs from what was exported."""
    listed = manifest["files"]
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name == "anchors" and path.is_dir() and not path.is_symlink():
            continue
        if name not in listed and name not in {MANIFEST, MANIFEST_NOTE}:
            return f"{name[:80]!r} was not exported with the rest"
        _regular(path)
    for name, digest in listed.items():
        if _digest(folder / name) != digest:
            return f"the file {name} is not the one that was exported"
    return None


def _regular(path: Path) -> None:
    # A link or a device could be read without end.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError(f"{path.name} is not a plain file")


def _first_key(folder: Path, pinned: VerifierKey | None) -> VerifierKey:
    own = VerifierKey.parse((folder / "keys.txt").read_bytes().decode().split("\n")[0])
    if pinned is not None and str(pinned) != str(own):
        raise ValueError(f"it belongs to another log or key, {own}")
    return own


def _read_through(folder: Path) -> None:
    """Read every file once. Raises ValueError or a GraceError for one that is malformed."""
    for part in (_nodes(folder / "nodes"), _checkpoints(folder / "checkpoints.txt")):
        for _ in part:
            continue
    for path in _anchor_files(folder):
        for _ in _anchors(path):
            continue
    with (folder / "data.jsonl").open("rb") as data:
        for _ in _details(data):
            continue


def _anchor_files(folder: Path) -> list[Path]:
    return sorted((folder / "anchors").glob("*.jsonl"))


def split_notes(text: str) -> Iterator[str]:
    """Yield the concatenated signed notes."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and lines[-1].startswith(_MARK) and not line.startswith(_MARK):
            yield "\n".join(lines) + "\n"
            lines = []
        lines.append(line)
    if lines != [""]:
        raise IntegrityError("checkpoints.txt does not end with a signed note")


def _material(folder: Path, origin: str) -> Material:
    anchors = {path.stem: _anchors(path) for path in _anchor_files(folder)}
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
        raise BrokenError(waiting[0], f"data.jsonl has details of entry {waiting[0]}, which the bundle does not hold")


def _details(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    before = -1
    for line in lines:
        try:
            read = json.loads(line.decode(), object_pairs_hook=_once)
            seq, data, salt = read["seq"], read["data"].encode(), bytes.fromhex(read["salt"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IntegrityError("data.jsonl has a line that cannot be read") from error
        if type(seq) is not int or seq <= before:
            raise IntegrityError("data.jsonl is not in the order of the entries")
        before = seq
        yield seq, data, salt


def _nodes(path: Path) -> Iterator[Subtree]:
    with path.open("rb") as lines:
        for line in lines:
            match = _NODE.fullmatch(line)
            if match is None:
                raise IntegrityError("nodes has a line that cannot be read")
            yield Subtree(int(match[1]), int(match[2]), bytes.fromhex(match[3].decode()))


def _checkpoints(path: Path) -> Iterator[tuple[int, str]]:
    for note in split_notes(path.read_bytes().decode()):
        yield read_checkpoint(note).size, note


def _anchors(path: Path) -> Iterator[Anchored]:
    with path.open("rb") as lines:
        for line in lines:
            try:
                kept = json.loads(line.decode(), object_pairs_hook=_once)
                note, at = kept["note"], kept["at"]
                read_checkpoint(note)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NoteError) as error:
                raise IntegrityError(f"anchors/{path.name} has a line that cannot be read") from error
            if at is not None and not (isinstance(at, str) and _AT.fullmatch(at)):
                raise IntegrityError(f"anchors/{path.name} has a time that cannot be read")
            yield Anchored(note, None if at is None else datetime.fromisoformat(at))


def _against_manifest(folder: Path, manifest: Mapping[str, Any], finding: Intact) -> Finding:
    """Compare what was proven with the manifest, which says where the bundle ends."""
    size, root = finding.checkpoint.size, finding.checkpoint.root.hex()
    if (manifest["size"], manifest["root"], manifest.get("origin")) != (size, root, finding.checkpoint.origin):
        return Tampered(max(0, min(manifest["size"], size)), "the manifest names another checkpoint")
    for place in BUNDLED:
        if finding.anchored[place] < size:
            return CannotTell(f"the anchor of place {place!r} covers {finding.anchored[place]} of {size} entries")
    note = folder / MANIFEST_NOTE
    if not note.exists():
        return CannotTell(f"{MANIFEST_NOTE} is missing, so nothing shows that the log ended there; export it again")
    if not _signs_manifest(note.read_bytes().decode(), folder / MANIFEST, finding.in_force):
        return Tampered(0, f"{MANIFEST_NOTE} is not a signature over the manifest by the key in force at its end")
    return finding


def manifest_note(manifest: str, signer: Signer) -> str:
    """Return the signed note over the text of a manifest."""
    return signer.note(f"{_DOMAIN}{hashlib.sha256(manifest.encode()).hexdigest()}\n")


def _signs_manifest(note: str, manifest: Path, keys: Iterable[VerifierKey]) -> bool:
    try:
        text, _, signatures = note.partition("\n\n")
        return (
            text == f"{_DOMAIN}{_digest(manifest)}"
            and signatures.count("\n") == 1
            and any(signed_by(note, key) for key in keys)
        )
    except NoteError:
        return False


def _digest(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
