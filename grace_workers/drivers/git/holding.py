"""A branch from which deployments are made, held by a file in it that the deployment looks for."""

from pathlib import Path

from grace_workers.actions import Suspendable
from grace_workers.drivers.git.branch import Branch
from grace_workers.drivers.git.program import Git
from grace_workers.foundation.ids import uuid7

_WORDS = "Deployments of this branch are held. Remove this file to let them go on.\n"
_FILE = "100644"


class BranchHold(Suspendable):
    """Deployments of the branch are held while its newest revision has the file `path`."""

    def __init__(self, git: Git, branch: Branch, name: str, path: str) -> None:
        self._git = git
        self._branch = branch
        self._name = name
        self._path = path

    def begins(self) -> str:
        return f"deployments of branch {self._name}"

    def is_suspended(self) -> bool:
        return self._has(self._branch.head().id)

    def suspend(self) -> None:
        """Commit the file."""
        head = self._branch.head()
        if self._has(head.id):
            return
        with self._git.aside() as env:
            file = Path(env["GIT_INDEX_FILE"]).with_name("hold")
            file.write_text(_WORDS)
            blob = self._git.said("hash-object", "-w", "--no-filters", "--", str(file), env=env)
            self._git.said("read-tree", head.id, env=env)
            self._git.said("update-index", "--add", "--cacheinfo", f"{_FILE},{blob},{self._path}", env=env)
            content = self._git.said("write-tree", env=env)
        self._branch.commit(content, f"Hold deployments of {self._name}", uuid7().hex, onto=head.id)

    def resume(self) -> None:
        """Commit its removal."""
        head = self._branch.head()
        if not self._has(head.id):
            return
        with self._git.aside() as env:
            self._git.said("read-tree", head.id, env=env)
            self._git.said("update-index", "--force-remove", "--", self._path, env=env)
            content = self._git.said("write-tree", env=env)
        self._branch.commit(content, f"Let deployments of {self._name} go on", uuid7().hex, onto=head.id)

    def _has(self, revision: str) -> bool:
        return self._git.said("ls-tree", "--full-tree", "--name-only", revision, "--", self._path) != ""
