"""The stash: compressed copies of files outside their tree, complete or absent.

One folder a key, with `content` (a gzip member a file, one after another) and `manifest.json`, which names every file
with its place in `content`, its SHA-256, and the identity it had. A folder is built under another name and renamed when
it is complete and on disk.
"""

import errno
import gzip
import hashlib
import os
import re
import shutil
import stat
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

from grace_workers.actions import Stash
from grace_workers.drivers._shared.own_copies import PARTIAL, is_over, opened_copy
from grace_workers.drivers.files.places import NOT_THERE, parent_of, parts_of
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import InputError, IntegrityError, NotFoundError
from grace_workers.foundation.plain_file import open_regular, replace_file, sync_folder, translated

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CHUNK = 1 << 20


class Kept(Document):
    """One file of a stash. `offset` and `stored` locate its member in the content; the rest describes the original.

    `name` is the path percent-encoded, because a path is bytes and need not be text.
    """

    name: str
    sha256: str
    offset: int
    stored: int
    inode: int
    size: int
    mode: int
    uid: int
    gid: int
    modified_ns: int
    changed_ns: int

    @property
    def path(self) -> str:
        """The path below the root, as the file system calls spell it."""
        return os.fsdecode(unquote_to_bytes(self.name))

    def is_unchanged(self, found: os.stat_result) -> bool:
        """Return whether the very file that was stashed is there, untouched since, under this one name only."""
        same = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns) == (
            self.inode,
            self.size,
            self.modified_ns,
            self.changed_ns,
        )
        return same and stat.S_ISREG(found.st_mode) and found.st_nlink == 1

    def is_like(self, found: os.stat_result) -> bool:
        """Return whether a file of the same size and time is there: the stashed one or a restored copy."""
        return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (self.size, self.modified_ns)


class Manifest(Document):
    """The files of a stash, in the order they were asked for."""

    files: tuple[Kept, ...]


class StashRoom:
    """The folder that holds a tree's stashes. Stashes older than `keep` are removed when a new one is made."""

    def __init__(self, folder: Path, *, keep: timedelta) -> None:
        self._folder = folder
        self._keep = keep

    def keep(self, root: int, paths: Sequence[str], key: str, now: datetime) -> Stash:
        """Copy the files below `root` under `key`; a stash that already exists is returned as it is.

        Raises:
            InputError: a path does not stay below the root.
            PermanentError: the copies do not fit or the folder cannot be written; nothing is stashed.
        """
        target = self._place(key)
        for path in paths:
            parts_of(path)
        with translated(f"stash in {str(self._folder)!r}"):
            if not target.exists():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._prune(now)
                self._build(root, paths, target)
        return self._summary(key)

    def manifest(self, key: str) -> Manifest:
        """Return the content of the stash.

        Raises:
            NotFoundError: no such stash.
            IntegrityError: its manifest cannot be read.
        """
        return self._read(key)[0]

    def content(self, key: str, kept: Kept) -> Iterator[bytes]:
        """Yield the file's bytes.

        Raises:
            IntegrityError: they are not the bytes that were stashed.
        """
        digest = hashlib.sha256()
        try:
            with self._opened(key, "content") as stream:
                for chunk in _expand(stream, kept):
                    digest.update(chunk)
                    yield chunk
        except (EOFError, zlib.error, FileNotFoundError) as error:
            raise IntegrityError(f"stash {key}: the copy of {kept.path!r} is damaged: {error}") from error
        if digest.hexdigest() != kept.sha256:
            raise IntegrityError(f"stash {key}: the copy of {kept.path!r} differs from what was stashed")

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InputError(f"stash key {key[:80]!r} must be 1 to 64 of the characters [a-z0-9-]")
        return self._folder / key

    def _opened(self, key: str, name: str) -> BinaryIO:
        """Open a file of the stash that only we may have written, because its content is restored with owner and mode.

        Raises:
            OSError: it does not exist or may not be read.
            IntegrityError: others may have changed it.
        """
        return opened_copy(self._place(key) / name, self._folder, f"stash {key}")

    def _build(self, root: int, paths: Sequence[str], target: Path) -> None:
        building = self._folder / f".{target.name}.{token_hex(4)}{PARTIAL}"
        building.mkdir(mode=0o700)
        try:
            with _made(building / "content") as content:
                files = tuple(kept for path in paths if (kept := _copy(root, path, content)))
                content.flush()
                os.fsync(content.fileno())
            replace_file(building / "manifest.json", Manifest(files=files).model_dump_json().encode())
            building.rename(target)
            sync_folder(self._folder)
        except OSError as error:
            shutil.rmtree(building, ignore_errors=True)
            # Another run of the same step may have finished the same stash first.
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST} or not target.exists():
                raise

    def _read(self, key: str) -> tuple[Manifest, str]:
        try:
            with self._opened(key, "manifest.json") as stream:
                raw = stream.read()
        except FileNotFoundError as error:
            raise NotFoundError(f"no stash {key!r} in {str(self._folder)!r}") from error
        try:
            return Manifest.model_validate_json(raw), hashlib.sha256(raw).hexdigest()
        except ValueError as error:
            raise IntegrityError(f"stash {key}: its manifest cannot be read") from error

    def _summary(self, key: str) -> Stash:
        manifest, digest = self._read(key)
        return Stash(
            key=key,
            files=len(manifest.files),
            size=sum(kept.size for kept in manifest.files),
            stored=sum(kept.stored for kept in manifest.files),
            digest=digest,
        )

    def _prune(self, now: datetime) -> None:
        for entry in list(os.scandir(self._folder)):
            keep = self._keep if _KEY.fullmatch(entry.name) else None
            if entry.is_dir(follow_symlinks=False) and is_over(entry, keep, now.timestamp()):
                shutil.rmtree(entry.path)


def _made(path: Path) -> BinaryIO:
    """Make a file that is closed to others whatever the umask."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _copy(root: int, path: str, content: BinaryIO) -> Kept | None:
    """Append a file's gzip member; None, and nothing appended, when it is gone, not regular, or changes meanwhile."""
    start = content.tell()
    try:
        with parent_of(root, path) as (folder, name):
            descriptor = open_regular(name, folder=folder)
    except OSError as error:
        if error.errno in NOT_THERE | {errno.ENXIO}:
            return None
        raise
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as source:
        before = os.fstat(descriptor)
        if before.st_nlink != 1:
            return None
        digest = _compress(source, content, before.st_size)
        kept = _kept(path, before, digest, (start, content.tell() - start))
        if kept.is_unchanged(os.fstat(descriptor)):
            return kept
    content.seek(start)
    content.truncate()
    return None


def _compress(source: BinaryIO, content: BinaryIO, size: int) -> str:
    """Compress `size` bytes at most, so that reading a growing file ends."""
    digest = hashlib.sha256()
    # Level 1: a full disk is healed in seconds, and logs shrink to a tenth at any level.
    with gzip.GzipFile(fileobj=content, mode="wb", filename="", compresslevel=1, mtime=0) as member:
        left = size
        while left and (chunk := source.read(min(_CHUNK, left))):
            digest.update(chunk)
            member.write(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def _expand(stream: BinaryIO, kept: Kept) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    stream.seek(kept.offset)
    left = kept.stored
    while left and (raw := stream.read(min(_CHUNK, left))):
        left -= len(raw)
        yield member.decompress(raw)
    if not member.eof:
        raise EOFError("it is truncated")


def _kept(path: str, found: os.stat_result, sha256: str, place: tuple[int, int]) -> Kept:
    return Kept(
        name=quote_from_bytes(os.fsencode(path), safe="/"),
        sha256=sha256,
        offset=place[0],
        stored=place[1],
        inode=found.st_ino,
        size=found.st_size,
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
        modified_ns=found.st_mtime_ns,
        changed_ns=found.st_ctime_ns,
    )
