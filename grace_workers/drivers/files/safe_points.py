"""Files of a tree as a part of safe points, with owner, mode and time."""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from grace_workers.actions import go_on, matcher
from grace_workers.drivers._shared.kept_items import KeptItem, Nowhere, Printed, ReadItem, Sink, encoded, spelled
from grace_workers.drivers._shared.kept_parts import KeptParts, PartRoom
from grace_workers.drivers.files.places import NOT_THERE, parent_of, root_of, walk
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from grace_workers.foundation.plain_file import open_regular, translated

_CHUNK = 1 << 20
_BESIDE = ".grace-restoring-"
_LEFT = re.compile(re.escape(_BESIDE) + "[0-9a-f]{16}")
_BARRED = NOT_THERE | {errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class TreeParts(KeptParts):
    """The regular files below `root` whose path matches a pattern. Links and empty folders are left as they are."""

    def __init__(self, root: Path, patterns: Sequence[str], room: PartRoom) -> None:
        """Raises InputError when the parts would lie in the tree."""
        super().__init__(room)
        self._root = root.resolve()
        if room.folder.resolve().is_relative_to(self._root):
            raise InputError(f"the parts of safe points would lie in the tree {str(root)!r}; move the data directory")
        self._matches = matcher(patterns)

    @contextmanager
    def opened(self, *, writing: bool) -> "Iterator[_Files]":
        """Hold the root open; remove what a killed restore left before another one writes."""
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            if writing:
                _sweep(root)
            yield _Files(root, self._matches)


class _Files:
    def __init__(self, root: int, matches: Callable[[str], bool]) -> None:
        self._root = root
        self._matches = matches

    def names(self) -> Iterator[str]:
        found = (one.path for one in walk(self._root) if not one.path.rpartition("/")[2].startswith(_BESIDE))
        yield from sorted(encoded(path) for path in found if self._matches(path))

    def read(self, name: str, into: Sink) -> ReadItem | None:
        try:
            with parent_of(self._root, spelled(name)) as (folder, own):
                descriptor = open_regular(own, folder=folder)
        except OSError as error:
            if error.errno in NOT_THERE | {errno.ENXIO}:
                return None
            raise
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as source:
            found = os.fstat(descriptor)
            mode, uid, gid = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
            printed, left = Printed(into, f"{mode}:{uid}:{gid}"), found.st_size
            # As many bytes as it had, so that reading a growing file ends.
            while left and (chunk := source.read(min(_CHUNK, left))):
                printed.write(chunk)
                left -= len(chunk)
        about = {"mode": mode, "uid": uid, "gid": gid, "modified_ns": found.st_mtime_ns}
        return ReadItem(sha256=printed.sha256, about={**about})

    def expected(self, kept: Mapping[str, KeptItem]) -> Mapping[str, KeptItem]:
        return kept

    def write(
        self, kept: Mapping[str, KeptItem], changed: Mapping[str, str | None], content: Callable[[KeptItem], BinaryIO]
    ) -> None:
        for name, was in changed.items():
            go_on()
            try:
                if name not in kept:
                    self._remove(name, was)
                else:
                    with content(kept[name]) as stream:
                        self._place(kept[name], stream, was)
            except OSError as error:
                if error.errno in _BARRED:
                    raise ConflictError(
                        f"file {name[:120]!r} cannot be put back: a link, a folder or a file is in its way; move it"
                    ) from error
                raise

    def _remove(self, name: str, was: str | None) -> None:
        with parent_of(self._root, spelled(name)) as (folder, own):
            self._same(name, was)
            os.unlink(own, dir_fd=folder)
            os.fsync(folder)

    def _place(self, kept: KeptItem, source: BinaryIO, was: str | None) -> None:
        with parent_of(self._root, kept.spelled, create=True) as (folder, own):
            # The same name each time, so that an interrupted attempt leaves nothing behind.
            beside = f"{_BESIDE}{sha256(kept.name.encode()).hexdigest()[:16]}"
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
            descriptor = os.open(beside, _NEW, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    while chunk := source.read(_CHUNK):
                        stream.write(chunk)
                    stream.flush()
                    _dress(descriptor, kept)
                    os.fsync(descriptor)
                self._same(kept.name, was)
                if was is None:
                    # Unlike a rename, a link never replaces what has appeared meanwhile.
                    os.link(beside, own, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
                else:
                    os.rename(beside, own, src_dir_fd=folder, dst_dir_fd=folder)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(beside, dir_fd=folder)
            os.fsync(folder)

    def _same(self, name: str, was: str | None) -> None:
        found = self.read(name, Nowhere())
        if (None if found is None else found.sha256) != was:
            raise ConflictError(f"file {name[:120]!r} was changed by others meanwhile; stop what writes to it")


def _sweep(root: int) -> None:
    for path in [one.path for one in walk(root) if _LEFT.fullmatch(one.path.rpartition("/")[2])]:
        with parent_of(root, path) as (folder, own), suppress(FileNotFoundError):
            os.unlink(own, dir_fd=folder)


def _dress(descriptor: int, kept: KeptItem) -> None:
    """Give a file its owner, mode and time."""
    mode, uid, gid, modified = (int(str(kept.about[name])) for name in ("mode", "uid", "gid", "modified_ns"))
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (uid, gid):
        try:
            os.fchown(descriptor, uid, gid)
        except PermissionError as error:
            raise PermanentError(
                f"file {kept.shown} cannot be given back to its owner, uid {uid}; run as that user or as root"
            ) from error
    os.fchmod(descriptor, mode)
    os.utime(descriptor, ns=(modified, modified))
