"""`Revisions`: the history of one branch, which only grows: going back is a new revision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision of the branch. `content` is equal for revisions whose files are equal.

    `automated` says that a step of Grace made it, and `takes_back` is the id of the one whose changes it takes out.
    """

    id: str
    subject: str
    content: str
    at: datetime
    automated: bool = False
    takes_back: str = ""


class Revisions(Protocol):
    """One branch. Nothing is ever removed from its history."""

    def head(self) -> Revision:
        """Return the newest revision."""

    def revision(self, name: str) -> Revision:
        """Return a revision of the branch's history by its id or the beginning of it. Raises NotFoundError."""

    def last_good(self) -> Revision:
        """Return the newest revision that is marked as good. Raises NotFoundError when none is."""

    def since(self, revision: str) -> Sequence[Revision]:
        """Return what came after the revision, newest first, at most a thousand. Raises NotFoundError."""

    def paths(self, before: str, after: str) -> Sequence[str]:
        """Return the paths whose content differs between two revisions."""

    def changed_in_place(self) -> Sequence[str]:
        """Return the paths of the branch's files that were changed or removed where they lie."""

    def without(self, revision: str) -> str:
        """Return the content of the head without what this one revision changed; touch nothing.

        Raises:
            ConflictError: later revisions changed the same lines.
            PermanentError: the revision cannot be taken out alone, because it merges others or is the first.
        """

    def patched(self, patch: str) -> str:
        """Return the content of the head with a unified diff applied; touch nothing.

        Raises:
            ConflictError: the diff does not fit the head.
        """

    def commit(self, content: str, subject: str, key: str, *, onto: str, takes_back: str = "") -> Revision:
        """Make `content` the head's, as one new revision on top of `onto`, and put its files in place.

        Idempotent by `key`; what an earlier call left unfinished is finished first. Raises ConflictError when the head
        is neither `onto` nor what `key` made, or when files were changed in place.
        """

    def finish(self) -> None:
        """Bring the files to the newest revision if the process that made it was ended before it did so."""


def standing_patches(branch: Revisions) -> Sequence[Revision]:
    """Return the patches that Grace has made since the last good revision and that still stand, newest first.

    A patch no longer stands when a later revision takes it back or brings back a content from before it.

    Raises:
        NotFoundError: no revision is marked as good.
    """
    good = branch.last_good()
    standing = [good]
    for one in reversed(branch.since(good.id)):
        contents = [earlier.content for earlier in standing]
        if one.content in contents:
            del standing[contents.index(one.content) + 1 :]
        else:
            standing.append(one)
    taken_back = {one.takes_back for one in standing}
    return [one for one in standing[:0:-1] if one.automated and not one.takes_back and one.id not in taken_back]


def stands(branch: Revisions, commit: str) -> bool:
    """Return whether no later revision takes this one back. Raises NotFoundError if the history has no such one."""
    known = branch.revision(commit)
    return all(one.takes_back != known.id for one in branch.since(known.id))
