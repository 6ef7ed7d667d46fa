"""What a forge is, what it does for a proposal, and the proposal as it is sent there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.actions import PullRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file as the proposal has it: its mode in Git's writing and its content; None if it is deleted."""

    path: str
    mode: str
    content: bytes | None
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentProposal:
    """A branch of one commit over `base`. `tree` is the id of the commit's content, and `at` its date."""

    branch: str
    base: str
    tree: str
    message: str
    author: str
    email: str
    at: str
    changes: Sequence[FileChange]


class Forge(Protocol):
    """The REST API of a site, for one project. Every method raises TransientError and PermanentError."""

    def holds(self, proposal: SentProposal) -> bool | None:
        """Return whether the remote branch is this proposal; None if there is no such branch."""

    def push(self, proposal: SentProposal) -> None:
        """Make the branch. Raises NotFoundError when the remote lacks the commit that it is based on."""

    def opened(self, branch: str) -> PullRequest | None:
        """Return the open request of a branch."""

    def closed(self, branch: str) -> PullRequest | None:
        """Return the newest request of a branch that was closed and not merged."""

    def request(self, branch: str, title: str, text: str) -> PullRequest:
        """Open a request."""

    def close(self, number: int) -> None:
        """Close a request."""

    def remove(self, branch: str) -> None:
        """Remove a branch; nothing happens if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeKind:
    """A site that hosts repositories, or the program behind such sites.

    `api` is the address of the best-known site's API. `open` makes no request; its arguments are the address of the
    API, the project, the branch that requests are for, and the token.
    """

    name: str
    api: str
    open: Callable[[str, str, str, str], Forge]
