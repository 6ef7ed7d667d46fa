"""`FileTree`: a directory tree whose files can be measured, stashed, removed and restored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A regular file below a tree's root; `path` is relative, with `/`."""

    path: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Bytes in use below the root, and the bytes allowed."""

    used: int
    quota: int

    @property
    def ratio(self) -> float:
        """Used over allowed."""
        return self.used / self.quota if self.quota else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stash:
    """Copies of files stashed outside the tree: their number, bytes before and after, and the manifest's SHA-256."""

    key: str
    files: int
    size: int
    stored: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The result of a removal: files gone now and bytes freed by it; `kept` stay.

    They were changed since the stash, or a program still writes to them: removed, such a file would keep its space.
    """

    removed: int
    freed: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How a stash compares with the tree: files in the stash, files unchanged in the tree, and occupied paths."""

    held: int
    unchanged: int
    replaced: int

    @property
    def missing(self) -> int:
        """Files that are not in the tree."""
        return self.held - self.unchanged - self.replaced


class FileTree(Protocol):
    """A directory tree. No path leaves the root; no symbolic link is followed or removed through another name."""

    def usage(self) -> Usage:
        """Return how full the tree is."""

    def find(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        """Return regular files, at least that old, whose relative path matches a glob; oldest first.

        A file with a second name (hard link) is left out, because removing one name frees nothing.

        Raises InputError for `..` or `/`.
        """

    def stash(self, paths: Sequence[str], key: str) -> Stash:
        """Stash a compressed copy of the files outside the tree under `key`. Idempotent.

        A file that changes or disappears while it is read is not in the stash. Raises PermanentError when the
        copy does not fit; then nothing is stashed.
        """

    def remove(self, key: str) -> Removal:
        """Remove the files in `key`'s stash, except those changed since or still written to. Idempotent.

        Raises NotFoundError for an unknown stash.
        """

    def unstash(self, key: str) -> int:
        """Restore the stashed files that are missing, with mode and times; return how many. Idempotent."""

    def present(self, key: str) -> Presence:
        """Return how many of the stash's files are in the tree. Raises NotFoundError for an unknown stash."""

    def stale_locks(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        """Return the files of `find` that begin with the pid of a process of this machine that has ended.

        A later process that was given the same pid does not count as that process. A file on which any process
        holds a lock is left out. Raises as `find`.
        """

    def rename(self, path: str, to: str) -> bool:
        """Give a file another name in its folder, and never take the place of another; False when it is gone.

        Idempotent: False too when it has that name already.

        Raises:
            ConflictError: `to` is there, and is another file.
            InputError: a path leaves the root, or `to` is in another folder.
        """
