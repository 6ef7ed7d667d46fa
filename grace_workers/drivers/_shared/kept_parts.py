"""Parts of safe points in our own files: one archive a part, complete or absent.

An archive is built under another name and renamed when it is on disk. It has one member an item, and a manifest that
says which, how each is recognised, and what was declared to be kept.
"""

import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from time import time
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from grace_workers.actions import KeptPart, SafePoints
from grace_workers.drivers._shared.kept_items import Capped, Items, KeptItem, Nowhere
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError
from grace_workers.foundation.own_file import objection
from grace_workers.foundation.plain_file import open_regular, sync_folder, translated

BEFORE = "before-"
"""The prefix of keys of parts that only undo a restore; the store drops them by itself after a week."""

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_CHUNK = 1 << 20
_ABANDONED, _UNDOABLE = timedelta(hours=1), timedelta(days=7)
_LARGEST_MANIFEST = 64 << 20


class _Manifest(Document):
    unit: str
    scope: tuple[str, ...]
    items: tuple[KeptItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRoom:
    """Where the parts of a target lie, how many bytes its content may have, and what is declared to be kept."""

    folder: Path
    largest: int
    scope: Sequence[str]
    unit: str


class KeptParts(SafePoints, ABC):
    """Keeps, compares and puts back the items that a driver opens."""

    def __init__(self, room: PartRoom) -> None:
        self._room = room

    @abstractmethod
    def opened(self, *, writing: bool) -> AbstractContextManager[Items]:
        """Yield the items as they are now; with `writing`, what is written counts once the block is left."""

    def keep(self, key: str) -> KeptPart:
        path = self._path(key)
        with translated(f"safe points in {str(self._room.folder)!r}"):
            if not path.exists():
                self._room.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._prune()
                self._build(path)
        return self._part(key)

    def kept(self, key: str) -> KeptPart | None:
        with translated(f"part {key!r}"):
            there = self._path(key).exists()
        return self._part(key) if there else None

    def _part(self, key: str) -> KeptPart:
        path = self._path(key)
        with self._archive(key, None) as (archive, sha256):
            manifest = _manifest(key, archive)
            size = path.stat().st_size
            return KeptPart(key=key, sha256=sha256, size=size, items=len(manifest.items), unit=manifest.unit)

    def differences(self, key: str, sha256: str) -> Sequence[str]:
        with self._archive(key, sha256) as (archive, _), self.opened(writing=False) as items:
            kept, now = items.expected(self._items(key, archive)), _now(items)
        return [
            f"{self._room.unit} {one.shown} is missing"
            if one.name not in now
            else f"{self._room.unit} {one.shown} differs"
            for one in kept.values()
            if now.get(one.name) != one.sha256
        ] + [f"{self._room.unit} {KeptItem.named(name)} is new" for name in sorted(now.keys() - kept.keys())]

    def put_back(self, key: str, sha256: str, *, since: tuple[str, str]) -> int:
        with self._archive(*since) as (earlier, _):
            seen = self._items(since[0], earlier)
        with self._archive(key, sha256) as (archive, _), self.opened(writing=True) as items:
            kept, seen, now = items.expected(self._items(key, archive)), items.expected(seen), _now(items)
            changed = [name for name in sorted(kept.keys() | now.keys()) if now.get(name) != _print(kept, name)]
            for name in changed:
                if now.get(name) != _print(seen, name):
                    raise ConflictError(
                        f"{self._room.unit} {KeptItem.named(name)} was changed by others meanwhile, so nothing was "
                        f"put back; stop what writes to the target, and try again"
                    )
            if changed:
                items.write(
                    kept,
                    {name: now.get(name) for name in changed},
                    lambda item: cast("BinaryIO", archive.open(item.member)),
                )
            return len(changed)

    def forget(self, key: str) -> None:
        with translated(f"part {key!r}"):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InputError(f"part {key[:80]!r} must be 1 to 80 of the characters [a-z0-9-]")
        return self._room.folder / f"{key}.zip"

    def _build(self, path: Path) -> None:
        building = path.with_name(f".{path.stem}.{token_hex(4)}.partial")
        try:
            descriptor = os.open(building, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w+b") as file:
                # Level 1: most of the time goes into reading, and a higher level saves little.
                with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
                    self._fill(archive)
                file.flush()
                os.fsync(descriptor)
            building.rename(path)
            sync_folder(path.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                building.unlink()
            raise

    def _fill(self, archive: ZipFile) -> None:
        found: list[KeptItem] = []
        left = self._room.largest
        with self.opened(writing=False) as items:
            for number, name in enumerate(items.names()):
                with archive.open(str(number), "w", force_zip64=True) as stream:
                    counted = Capped(cast("BinaryIO", stream), left, self._room.largest)
                    read = items.read(name, counted)
                left = counted.left
                if read is not None:
                    found.append(KeptItem(name=name, member=str(number), sha256=read.sha256, about=dict(read.about)))
        manifest = _Manifest(unit=self._room.unit, scope=tuple(self._room.scope), items=tuple(found))
        archive.writestr("manifest.json", manifest.model_dump_json())

    @contextmanager
    def _archive(self, key: str, sha256: str | None) -> Iterator[tuple[ZipFile, str]]:
        """Yield an archive that is what `sha256` says, if that is known, and its SHA-256."""
        path = self._path(key)
        with translated(f"part {key!r}"):
            try:
                descriptor = open_regular(path)
            except FileNotFoundError as error:
                raise NotFoundError(
                    f"part {key!r} is not in {str(self._room.folder)!r}; it is on the node that took the safe point"
                ) from error
            if descriptor is None:
                raise IntegrityError(f"part {key!r}: {str(path)!r} is not a regular file")
        with os.fdopen(descriptor, "rb") as file:
            for what, found in ((path, os.fstat(descriptor)), (path.parent, path.parent.stat())):
                if (why := objection(found)) is not None:
                    raise IntegrityError(f"part {key!r}: {str(what)!r} {why}, so it is not used")
            with translated(f"part {key!r}"):
                is_now = _hash(file)
            if sha256 is not None and is_now != sha256:
                raise IntegrityError(
                    f"part {key!r} in {str(self._room.folder)!r} is not what was kept; nothing is done"
                )
            try:
                with ZipFile(file) as archive:
                    yield archive, is_now
            except BadZipFile as error:
                raise IntegrityError(f"part {key!r} cannot be read: {error}") from error

    def _items(self, key: str, archive: ZipFile) -> Mapping[str, KeptItem]:
        manifest = _manifest(key, archive)
        if (manifest.unit, manifest.scope) != (self._room.unit, tuple(self._room.scope)):
            then, now = ", ".join(manifest.scope), ", ".join(self._room.scope)
            raise ConflictError(
                f"part {key!r} holds {then[:200]!r}, and the target now declares {now[:200]!r} for its safe points; "
                f"declare the same again to use this part"
            )
        return {one.name: one for one in manifest.items}

    def _prune(self) -> None:
        for entry in list(os.scandir(self._room.folder)):
            age = timedelta(seconds=time() - entry.stat(follow_symlinks=False).st_mtime)
            abandoned = entry.name.endswith(".partial") and age > _ABANDONED
            if abandoned or (entry.name.startswith(BEFORE) and age > _UNDOABLE):
                # Another process may prune at the same moment.
                Path(entry.path).unlink(missing_ok=True)


def _manifest(key: str, archive: ZipFile) -> _Manifest:
    try:
        with archive.open("manifest.json") as stream:
            return _Manifest.model_validate_json(stream.read(_LARGEST_MANIFEST))
    except (KeyError, ValueError, BadZipFile) as error:
        raise IntegrityError(f"part {key!r} has no manifest that this release reads") from error


def _now(items: Items) -> Mapping[str, str]:
    read = ((name, items.read(name, Nowhere())) for name in items.names())
    return {name: found.sha256 for name, found in read if found is not None}


def _print(kept: Mapping[str, KeptItem], name: str) -> str | None:
    return kept[name].sha256 if name in kept else None


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
