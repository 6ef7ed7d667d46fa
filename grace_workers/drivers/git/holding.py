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
        # What was cut short is the branch's already, and only its files are missing.
        self._branch.finish()
        return self._has(self._branch.head().id)

    def held_by(self) -> str | None:
        """Return mode and object of the file, which the branch's history keeps."""
        mode, kind, blob = self._file(self._branch.head().id)
        return f"{mode},{blob}" if kind == "blob" else None

    def suspend(self) -> None:
        """Commit a file of our words."""
        if self.is_suspended():
            return
        with self._git.aside() as env:
            file = Path(env["GIT_INDEX_FILE"]).with_name("hold")
            file.write_text(_WORDS)
            blob = self._git.said("hash-object", "-w", "--no-filters", "--", str(file), env=env)
        self.hold_again(f"{_FILE},{blob}")

    def hold_again(self, held_by: str) -> None:
        """Commit that very file."""
        head = self._branch.head()
        if self._has(head.id):
            return
        with self._git.aside() as env:
            self._git.said("read-tree", head.id, env=env)
            self._git.said("update-index", "--add", "--cacheinfo", f"{held_by},{self._path}", env=env)
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
        return self._file(revision)[0] != ""

    def _file(self, revision: str) -> tuple[str, str, str]:
        """Return mode, type and object of the file in that revision; empty words where it has none."""
        found = self._git.said("ls-tree", "--full-tree", revision, "--", self._path)
        mode, kind, blob = found.partition("\t")[0].split() or ("", "", "")
        return mode, kind, blob
