"""`Codebase`: a repository as code is changed in it: where it is, how its tests run, and branches with proposals."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePlace:
    """A repository with its declared branch, the interpreter of its tests, and the arguments that pytest gets."""

    repository: Path
    branch: str
    python: Path
    pytest: tuple[str, ...] = ()


class Codebase(Protocol):
    """Code that may be changed. A proposal is a branch of one commit; the declared branch stays as it is."""

    def place(self) -> CodePlace:
        """Return where the code is."""

    def proposed(self, branch: str) -> str | None:
        """Return the id of the newest commit of a branch; None if there is no such branch."""

    def propose(self, branch: str, patch: str, message: str, *, base: str, at: datetime) -> str:
        """Make a branch of one commit, which is `base` with the patch; return the commit's id.

        Equal arguments give an equal commit, so a second call changes nothing.

        Raises:
            ConflictError: the branch exists with something else, or the patch does not fit `base`.
            NotFoundError: `base` is not in the history of the declared branch.
        """

    def withdraw(self, branch: str, commit: str) -> None:
        """Delete a branch that is still at `commit`. Raises ConflictError if it is elsewhere."""

    def unmerged(self, branch: str) -> int:
        """Return how many of the files that the branch's newest commit changed differ on the declared branch.

        Raises:
            NotFoundError: there is no such branch.
        """
