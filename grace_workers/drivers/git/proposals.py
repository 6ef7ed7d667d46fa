"""Branches with proposals beside the declared branch, made of commits that depend on nothing but what is asked for."""

from datetime import datetime

from grace_workers.actions import Codebase, CodePlace
from grace_workers.drivers.git.branch import Branch
from grace_workers.drivers.git.patching import applied
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import ConflictError, NotFoundError

_NONE = "0" * 40


class Proposals(Codebase):
    """Proposals to one branch of a repository."""

    def __init__(self, git: Git, branch: Branch, place: CodePlace) -> None:
        self._git = git
        self._branch = branch
        self._place = place

    def place(self) -> CodePlace:
        return self._place

    def proposed(self, branch: str) -> str | None:
        self._git.folder()
        ran = self._git.tried("rev-parse", "--verify", "--quiet", "--end-of-options", f"{_ref(branch)}^{{commit}}")
        return ran.out.strip() if ran.code == 0 else None

    def propose(self, branch: str, patch: str, message: str, *, base: str, at: datetime) -> str:
        onto = self._branch.revision(base).id
        content = applied(self._git, onto, patch)
        date = f"{int(at.timestamp())} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        made = self._git.said("commit-tree", content, "-p", onto, "-m", message, env=dates)
        if self.proposed(branch) == made:
            return made
        if self._git.tried("update-ref", "-m", "grace", _ref(branch), made, _NONE).code != 0:
            raise ConflictError(f"branch {branch!r} exists and holds something else; delete it or name another")
        return made

    def withdraw(self, branch: str, commit: str) -> None:
        if self.proposed(branch) is None:
            return
        if self._git.tried("update-ref", "-d", _ref(branch), commit).code != 0:
            raise ConflictError(f"branch {branch!r} is not at {commit[:12]} any more; look and decide")

    def unmerged(self, branch: str) -> int:
        commit = self.proposed(branch)
        if commit is None:
            raise NotFoundError(f"the repository has no branch {branch!r}")
        changed = self._branch.paths(commit, self._parent(commit))
        different = set(self._branch.paths(commit, self._branch.head().id))
        return sum(path in different for path in changed)

    def _parent(self, commit: str) -> str:
        parents = self._git.said("rev-list", "--parents", "--max-count=1", commit).split()[1:]
        return parents[0] if parents else commit


def _ref(branch: str) -> str:
    return f"refs/heads/{branch}"
