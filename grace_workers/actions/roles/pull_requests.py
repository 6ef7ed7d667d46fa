"""`PullRequests`: where people read and merge proposals, as on GitHub or GitLab, which calls them merge requests."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """An open request to merge a branch, by its number and the address of its page."""

    number: int
    url: str


class PullRequests(Protocol):
    """Requests to merge proposals into the declared branch, on a remote that has that branch."""

    def opened(self, branch: str) -> PullRequest | None:
        """Return the open request of a branch; None if there is none.

        Raises:
            TransientError: the remote does not answer now.
            PermanentError: it refuses.
        """

    def open(self, branch: str, title: str, text: str) -> PullRequest:
        """Bring the branch with its one commit to the remote, and request its merge; return the request.

        What is there already stays, so a second call changes nothing.

        Raises:
            ConflictError: the remote has a branch of that name with something else, or people closed its request.
            NotFoundError: there is no such branch here, or the remote lacks the commit that it is based on.
            TransientError: the remote does not answer now.
            PermanentError: it refuses.
        """

    def close(self, branch: str) -> None:
        """Close the open request of a branch, if there is one, and remove the branch from the remote.

        A branch to which others have added commits stays.

        Raises:
            TransientError: the remote does not answer now.
            PermanentError: it refuses.
        """
