"""`CommitReads`: what is read of a repository at one commit, however git comes to its objects."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from grace_workers.adapters.git.history import authored_by, blobs_of, commits_of, contents_of, edits_of, take_out
from grace_workers.coding import AuthoredCommit, PastCommit, PastEdit, is_protected


class CommitReads(ABC):
    """A repository at the commit `_head`, whose objects are in the folder `_objects`."""

    _head: str
    _objects: Path

    @abstractmethod
    def _apart(self, *words: str, folder: Path | None = None, given: bytes = b"") -> bytes:
        """Run git in a Git directory of our own that borrows the objects, and return what it prints."""

    def head(self) -> str:
        """Return the commit's id."""
        return self._head

    def commits_of(self, files: Sequence[str], most: int) -> tuple[PastCommit, ...]:
        """Return the newest commits, without merges, that changed any of the files, newest first."""
        return commits_of(self._apart, self._head, files, most)

    def edits(self, most: int) -> tuple[PastEdit, ...]:
        """Return what the newest commits, `most` of them, made of Python files of a usual size, tests excepted."""
        return edits_of(self._apart, self._head, most, is_protected)

    def take_out(self, commit: str, folder: Path) -> tuple[str, ...]:
        """Take what a commit changed out of a copy, except in tests and their configuration; return what changed."""
        return take_out(self._apart, commit, folder, is_protected)

    def identity(self) -> str:
        """Return what tells the repository from others on this machine: the folder of its objects."""
        return str(self._objects)

    def blobs(self) -> Mapping[str, str]:
        """Return the files of the commit, with the id of the content of each; links and submodules are left out."""
        return blobs_of(self._apart, self._head)

    def contents(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """Return contents by their ids; what is larger than a person writes is left out."""
        return contents_of(self._apart, blobs)

    def authored(self, since: str | None) -> Sequence[AuthoredCommit] | None:
        """Return the commits after `since`, or all, oldest first, without merges; None if it is no ancestor."""
        return authored_by(self._apart, self._head, since)
