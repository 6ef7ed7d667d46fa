"""A repository as an environment, known by what it grew from."""

from grace_workers.actions import EnvironmentProof
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.errors import PermanentError


class FirstCommits(EnvironmentProof):
    """The commits without a parent: clones share them, and no other repository has them."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def environment(self) -> str:
        """Return the first of them by id. Raises PermanentError for a repository without commits."""
        self._git.folder()
        found = self._git.said("rev-list", "--max-parents=0", "--branches").split()
        if not found:
            raise PermanentError("the repository has no commit, so nothing tells it from others")
        return f"git:{min(found)}"
