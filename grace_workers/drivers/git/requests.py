"""Pull requests of proposals: the branch as it is here, brought to a forge by its REST API."""

from collections.abc import Callable, Iterator
from functools import cached_property

from grace_workers.actions import PullRequest, PullRequests
from grace_workers.drivers.git.forges.forge import FileChange, Forge, SentProposal
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError

_FORMAT = "%P%x00%T%x00%an%x00%ae%x00%aI%x00%B"
_MOST_FILES, _LARGEST = 200, 1 << 20
_NONE, _LINK = "000000", "160000"


class ProposalRequests(PullRequests):
    """Requests for the branches of one repository. `opening` connects to nothing."""

    def __init__(self, git: Git, opening: Callable[[], Forge]) -> None:
        self._git = git
        self._opening = opening

    @cached_property
    def _forge(self) -> Forge:
        return self._opening()

    def opened(self, branch: str) -> PullRequest | None:
        return self._forge.opened(branch)

    def open(self, branch: str, title: str, text: str) -> PullRequest:
        proposal = self._proposal(branch)
        if proposal is None:
            raise NotFoundError(f"the repository has no branch {branch!r}, so nothing can be requested")
        held = self._forge.holds(proposal)
        if held is False:
            raise ConflictError(
                f"the remote has a branch {branch!r} with something else; remove it there or name another"
            )
        if held is None:
            self._forge.push(proposal)
        there = self._forge.opened(branch)
        if there is not None:
            return there
        # Our own close removes the branch, so with the branch there it was people who closed the request.
        closed = self._forge.closed(branch) if held else None
        if closed is not None:
            raise ConflictError(
                f"people closed request {closed.number} of branch {branch!r}: {closed.url}; open it there again if it"
                f" is wanted after all"
            )
        return self._forge.request(branch, title, text)

    def close(self, branch: str) -> None:
        there = self._forge.opened(branch)
        if there is not None:
            self._forge.close(there.number)
        proposal = self._proposal(branch)
        if proposal is not None and self._forge.holds(proposal):
            self._forge.remove(branch)

    def _proposal(self, branch: str) -> SentProposal | None:
        ref = f"refs/heads/{branch}"
        found = self._git.tried("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found.code != 0:
            return None
        commit = found.out.strip()
        parents, tree, author, email, at, message = self._told(commit)
        if len(parents.split()) != 1:
            raise PermanentError(f"branch {branch!r} ends in a merge or a first commit, which is no proposal")
        changes = tuple(self._changes(parents, commit))
        return SentProposal(
            branch=branch, base=parents, tree=tree, message=message, author=author, email=email, at=at, changes=changes
        )

    def _told(self, commit: str) -> list[str]:
        return self._git.said("log", "--max-count=1", f"--format={_FORMAT}", commit).split("\0", 5)

    def _changes(self, base: str, commit: str) -> Iterator[FileChange]:
        words = self._git.said("diff-tree", "-r", "-z", "--no-renames", base, commit).split("\0")
        rows = list(zip(words[0::2], words[1::2], strict=False))
        if len(rows) > _MOST_FILES:
            raise PermanentError(
                f"the proposal changes {len(rows)} files; at most {_MOST_FILES} are sent, so push it yourself"
            )
        for row, path in rows:
            before, after, _, blob, _ = row.removeprefix(":").split(" ")
            if _LINK in {before, after}:
                raise PermanentError(f"{path} is a submodule, which is not sent; push the branch yourself")
            content = None if after == _NONE else self._content(blob, path)
            yield FileChange(
                path=path, mode=before if content is None else after, content=content, is_new=before == _NONE
            )

    def _content(self, blob: str, path: str) -> bytes:
        size = int(self._git.said("cat-file", "-s", blob))
        if size > _LARGEST:
            raise PermanentError(f"{path} has {size} bytes; at most {_LARGEST} are sent, so push the branch yourself")
        text = self._git.tried("cat-file", "blob", blob).out
        if "\ufffd" in text:
            raise PermanentError(f"{path} is not text in UTF-8, and nothing else is sent; push the branch yourself")
        return text.encode()
