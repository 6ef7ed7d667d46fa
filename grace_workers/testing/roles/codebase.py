"""A codebase in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from grace_workers.actions import Codebase, CodePlace
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.testing.roles.patching import patched
from grace_workers.testing.roles.revisions import MemoryRevisions

_PLACE = CodePlace(repository=Path("/srv/shop"), branch="main", python=Path("/srv/shop/.venv/bin/python"))


@dataclass(slots=True)
class MemoryCodebase(Codebase):
    """`Codebase` over a branch in memory. `proposals` maps a branch to its commit, and that to its files."""

    main: MemoryRevisions = field(default_factory=MemoryRevisions)
    where: CodePlace = _PLACE
    proposals: dict[str, str] = field(default_factory=dict)
    commits: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def place(self) -> CodePlace:
        return self.where

    def proposed(self, branch: str) -> str | None:
        return self.proposals.get(branch)

    def propose(self, branch: str, patch: str, message: str, *, base: str, at: datetime) -> str:
        onto = self.main.revision(base)
        files = patched(self.main.trees[onto.content], patch)
        commit = sha256(repr((onto.id, patch, message, at)).encode()).hexdigest()[:40]
        if self.proposals.setdefault(branch, commit) != commit:
            raise ConflictError(f"branch {branch!r} exists and holds something else")
        self.commits[commit] = (onto.id, files)
        return commit

    def withdraw(self, branch: str, commit: str) -> None:
        if self.proposals.get(branch, commit) != commit:
            raise ConflictError(f"branch {branch!r} is not at {commit[:12]} any more")
        self.proposals.pop(branch, None)

    def unmerged(self, branch: str) -> int:
        if branch not in self.proposals:
            raise NotFoundError(f"there is no branch {branch!r}")
        base, files = self.commits[self.proposals[branch]]
        before, now = self.main.trees[self.main.revision(base).content], self.main.trees[self.main.head().content]
        changed = [path for path in {*before, *files} if before.get(path) != files.get(path)]
        return sum(now.get(path) != files.get(path) for path in changed)
