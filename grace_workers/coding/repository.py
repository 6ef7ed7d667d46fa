"""The port to a user's repository. Nothing here can change a file, the index or an existing reference."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Repository(Protocol):
    """A Git working tree, read without running its hooks, its filters or programs named in its configuration."""

    def dirt(self) -> tuple[str, ...]:
        """Return the files that differ from the last commit, untracked ones included, the first twenty."""
        ...

    def copy(self, folder: Path) -> tuple[str, ...]:
        """Copy every tracked file into the empty `folder`; return their paths, relative and in order."""
        ...

    def commit(self, files: Mapping[str, bytes], *, branch: str, message: str) -> str:
        """Commit the last commit with `files` changed to a new branch; return the commit's hash.

        Raises:
            ConflictError: the branch exists.
        """
        ...


class OpenRepository(Protocol):
    """Opens the repository at a path."""

    def __call__(self, path: Path) -> Repository:
        """Return the repository.

        Raises:
            InputError: there is none, it has no commit, or it cannot be read.
        """
        ...
