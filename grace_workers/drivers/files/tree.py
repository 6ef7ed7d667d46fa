"""A directory tree as a `FileTree`: no path leaves the root, no symbolic link is followed."""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grace_workers.actions import FileEntry, FileTree, Presence, Removal, Stash, Usage, matcher
from grace_workers.drivers.files.locks import is_stale, require_sight
from grace_workers.drivers.files.places import NOT_THERE, look, parent_of, parts_of, root_of, walk
from grace_workers.drivers.files.stash import Kept, StashRoom
from grace_workers.drivers.files.writers import unwritten
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from grace_workers.foundation.plain_file import translated

_RESTORING = ".grace-restoring-"


class DirectoryTree(FileTree):
    """The files below `root`. `quota` is in bytes; the default is the file system's size."""

    def __init__(
        self,
        root: Path,
        stash: Path,
        *,
        quota: int | None = None,
        keep_stashes: timedelta = timedelta(days=7),
        clock: Clock | None = None,
    ) -> None:
        self._root = root.resolve()
        self._stash_folder = stash.resolve()
        if self._stash_folder.is_relative_to(self._root) or self._root.is_relative_to(self._stash_folder):
            raise InputError(f"stash {str(stash)!r} and tree {str(root)!r} overlap; put the stash outside the tree")
        self._quota = quota
        self._clock = clock or SystemClock()
        self._stash = StashRoom(self._stash_folder, keep=keep_stashes)

    def usage(self) -> Usage:
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            if self._quota is not None:
                sizes = {place.stat.st_ino: place.stat.st_size for place in walk(root)}
                return Usage(used=sum(sizes.values()), quota=self._quota)
            system = os.fstatvfs(root)
            used = (system.f_blocks - system.f_bfree) * system.f_frsize
            return Usage(used=used, quota=used + system.f_bavail * system.f_frsize)

    def find(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        matches, newest = matcher(patterns), self._clock.now() - older_than
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            found = [
                FileEntry(
                    path=place.path,
                    size=place.stat.st_size,
                    modified_at=datetime.fromtimestamp(place.stat.st_mtime, UTC),
                )
                for place in walk(root)
                if place.stat.st_nlink == 1 and _RESTORING not in place.path and matches(place.path)
            ]
        old = [entry for entry in found if not older_than or entry.modified_at <= newest]
        return sorted(old, key=lambda entry: (entry.modified_at, entry.path))

    def stale_locks(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        asked = {entry.path: entry for entry in self.find(patterns, older_than=older_than)}
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            require_sight(root)
            stale = {place.path for place in walk(root) if place.path in asked and is_stale(root, place)}
        return [entry for path, entry in asked.items() if path in stale]

    def rename(self, path: str, to: str) -> bool:
        if parts_of(to)[:-1] != parts_of(path)[:-1]:
            raise InputError(f"{to[:80]!r} is not in the folder of {path[:80]!r}; only its name may change")
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            return _rename(root, path, parts_of(to)[-1])

    def stash(self, paths: Sequence[str], key: str) -> Stash:
        with root_of(self._root) as root:
            return self._stash.keep(root, paths, key, self._clock.now())

    def remove(self, key: str) -> Removal:
        removed = freed = changed = 0
        manifest = self._stash.manifest(key)
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            for kept in manifest.files:
                gone = _remove(root, kept)
                removed += gone is True
                freed += kept.size if gone else 0
                changed += gone is False
        return Removal(removed=removed, freed=freed, kept=changed)

    def unstash(self, key: str) -> int:
        """Restore the stash's files whose paths are free.

        Raises:
            ConflictError: a link or file blocks the way to some of them; all others are restored first.
        """
        count = 0
        barred = []
        manifest = self._stash.manifest(key)
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            for index, kept in enumerate(manifest.files):
                try:
                    count += self._put_back(root, kept, key, f"{_RESTORING}{key}-{index}")
                except OSError as error:
                    if error.errno not in NOT_THERE:
                        raise
                    barred.append(kept.path)
        if barred:
            raise ConflictError(
                f"{len(barred)} files cannot be restored: a link or file is in their place, first {barred[0]!r}"
            )
        return count

    def present(self, key: str) -> Presence:
        manifest = self._stash.manifest(key)
        with root_of(self._root) as root, translated(f"tree {str(self._root)!r}"):
            seen = [(kept, look(root, kept.path)) for kept in manifest.files]
        unchanged = sum(found is not None and kept.is_like(found) for kept, found in seen)
        missing = sum(found is None for _, found in seen)
        return Presence(held=len(seen), unchanged=unchanged, replaced=len(seen) - unchanged - missing)

    def _put_back(self, root: int, kept: Kept, key: str, beside: str) -> bool:
        with parent_of(root, kept.path, create=True) as (folder, name):
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
            if _stands(name, folder):
                return False
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(beside, flags, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    for chunk in self._stash.content(key, kept):
                        stream.write(chunk)
                    stream.flush()
                    _dress(descriptor, kept)
                    os.fsync(descriptor)
                # Unlike a rename, a link never replaces a file that appeared meanwhile.
                os.link(beside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                return False
            finally:
                os.unlink(beside, dir_fd=folder)
            os.fsync(folder)
            return True


def _rename(root: int, path: str, to: str) -> bool:
    """Link the file to its new name and drop the old one, because a rename would take the place of another file."""
    found = look(root, path)
    if found is None:
        return False
    with parent_of(root, path) as (folder, name):
        try:
            os.link(name, to, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            # An interrupted rename leaves one file with both names.
            if os.stat(to, dir_fd=folder, follow_symlinks=False).st_ino != found.st_ino:
                raise ConflictError(f"{to[:80]!r} is another file, so {path[:80]!r} keeps its name") from None
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)
    return True


def _remove(root: int, kept: Kept) -> bool | None:
    """Remove one file: True when it was removed, False when it has changed or is written to, None when it was gone."""
    try:
        with parent_of(root, kept.path) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not kept.is_unchanged(found):
                return False
            with unwritten(name, folder) as free:
                if free:
                    os.unlink(name, dir_fd=folder)
                return free
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            return False
        if error.errno == errno.ENOENT:
            return None
        raise


def _stands(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _dress(descriptor: int, kept: Kept) -> None:
    """Give a file its owner, mode and time."""
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (kept.uid, kept.gid):
        try:
            os.fchown(descriptor, kept.uid, kept.gid)
        except PermissionError as error:
            raise PermanentError(
                f"file {kept.path!r} cannot be given back to its owner, uid {kept.uid}; run as that user or as root"
            ) from error
    os.fchmod(descriptor, stat.S_IMODE(kept.mode))
    os.utime(descriptor, ns=(kept.modified_ns, kept.modified_ns))
