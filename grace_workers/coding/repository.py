"""The ports to a user's repository. Nothing here can change a file, the index or an existing reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from grace_workers.coding.copy_file import write_file


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCommit:
    """A commit of the history, by its id and its subject."""

    id: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdit:
    """What a commit made of one file; `message` is the whole message."""

    commit: str
    message: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoredCommit:
    """Who made a commit and when, in seconds since 1970: the files that it left changed, and those that it moved."""

    author: str
    at: int
    files: tuple[str, ...]
    moved: Mapping[str, str] = field(default_factory=dict)


class IndexStore(Protocol):
    """Keeps the index of a repository's commits. What it keeps may be lost at any time."""

    def load(self, repository: str, commit: str) -> bytes | None:
        """Return what was kept for the commit, or else for the one of the repository that was kept last."""
        ...

    def save(self, repository: str, commit: str, content: bytes) -> None:
        """Keep the index of a commit; the oldest ones go."""
        ...


class Repository(Protocol):
    """One commit of a repository, read without running its hooks, its filters or programs named in its settings."""

    def dirt(self) -> tuple[str, ...]:
        """Return the files that differ from the commit, untracked ones included, the first twenty."""
        ...

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every tracked file into the empty `folder`; return their paths, relative and in order."""
        ...

    def head(self) -> str:
        """Return the commit's id."""
        ...

    def commits_of(self, files: Sequence[str], most: int) -> tuple[PastCommit, ...]:
        """Return the newest commits, without merges, that changed any of the files, newest first."""
        ...

    def edits(self, most: int) -> tuple[PastEdit, ...]:
        """Return what the newest commits, `most` of them, made of Python files of a usual size, tests excepted."""
        ...

    def take_out(self, commit: str, folder: Path) -> tuple[str, ...]:
        """Take what a commit changed out of a copy, except in tests and their configuration; return what changed.

        Nothing changes if later commits changed the same lines.
        """
        ...

    def identity(self) -> str:
        """Return what tells the repository from others on this machine."""
        ...

    def blobs(self) -> Mapping[str, str]:
        """Return the files of the commit, with the id of the content of each; links and submodules are left out."""
        ...

    def contents(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """Return contents by their ids; what is larger than a person writes is left out."""
        ...

    def authored(self, since: str | None) -> Sequence[AuthoredCommit] | None:
        """Return the commits after `since`, or all, oldest first, without merges; None if it is no ancestor."""
        ...


class Checkout(Repository, Protocol):
    """A Git working tree at its last commit."""

    def commit(self, files: Mapping[str, bytes], *, branch: str, message: str) -> str:
        """Commit the last commit with `files` changed to a new branch; return the commit's hash.

        Raises:
            ConflictError: the branch exists.
        """
        ...


class OpenRepository(Protocol):
    """Opens the working tree at a path."""

    def __call__(self, path: Path) -> Checkout:
        """Return the repository.

        Raises:
            InputError: there is none, it has no commit, or it cannot be read.
        """
        ...


class OpenBranch(Protocol):
    """Opens the newest commit of a branch."""

    def __call__(self, path: Path, branch: str) -> Repository:
        """Return the repository at that commit.

        Raises:
            InputError: there is no repository, or no such branch.
        """
        ...


@dataclass(frozen=True, slots=True)
class WithFiles:
    """A repository with files added, as a test that is not committed yet."""

    repository: Repository
    files: Mapping[str, bytes] = field(default_factory=dict)

    def dirt(self) -> tuple[str, ...]:
        """Return what differs from the commit."""
        return self.repository.dirt()

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every file, and those that are added."""
        names = self.repository.copy(folder)
        for name, content in self.files.items():
            write_file(folder, name, content)
        return tuple(sorted({*names, *self.files}))

    def head(self) -> str:
        """Return the commit's id."""
        return self.repository.head()

    def commits_of(self, files: Sequence[str], most: int) -> tuple[PastCommit, ...]:
        """Return the newest commits that changed any of the files."""
        return self.repository.commits_of(files, most)

    def edits(self, most: int) -> tuple[PastEdit, ...]:
        """Return what the newest commits made of Python files."""
        return self.repository.edits(most)

    def take_out(self, commit: str, folder: Path) -> tuple[str, ...]:
        """Take what a commit changed out of a copy."""
        return self.repository.take_out(commit, folder)

    def identity(self) -> str:
        """Return what tells the repository from others on this machine."""
        return self.repository.identity()

    def blobs(self) -> Mapping[str, str]:
        """Return the files of the commit, with the id of the content of each; what was added is not among them."""
        return self.repository.blobs()

    def contents(self, blobs: Sequence[str]) -> Mapping[str, bytes]:
        """Return contents by their ids."""
        return self.repository.contents(blobs)

    def authored(self, since: str | None) -> Sequence[AuthoredCommit] | None:
        """Return the commits after `since`, or all, oldest first; None if it is no ancestor."""
        return self.repository.authored(since)
