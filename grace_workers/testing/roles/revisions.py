"""A branch in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from grace_workers.actions import Revision, Revisions
from grace_workers.foundation.canonical import canonical_bytes
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError
from grace_workers.testing.roles.patching import patched


@dataclass(slots=True)
class MemoryRevisions(Revisions):
    """`Revisions` of trees that map a path to its text. `good` are the ids that are marked as good.

    `in_place` are the paths that someone changed where they lie.
    """

    history: list[Revision] = field(default_factory=list)
    trees: dict[str, Mapping[str, str]] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    in_place: list[str] = field(default_factory=list)

    def add(self, subject: str, tree: Mapping[str, str], *, automated: bool = False, takes_back: str = "") -> Revision:
        """Append a revision with these files."""
        content = _digest(dict(tree))
        self.trees[content] = dict(tree)
        number = len(self.history)
        identity = _digest({str(number): content})[:40]
        at = datetime(2026, 1, 1, 0, number % 60, tzinfo=UTC)
        made = Revision(
            id=identity, subject=subject, content=content, at=at, automated=automated, takes_back=takes_back
        )
        self.history.append(made)
        return made

    def head(self) -> Revision:
        return self.history[-1]

    def revision(self, name: str) -> Revision:
        for one in self.history:
            if name and one.id.startswith(name):
                return one
        raise NotFoundError(f"no revision {name!r} in the history of the branch")

    def last_good(self) -> Revision:
        for one in reversed(self.history):
            if one.id in self.good:
                return one
        raise NotFoundError("no revision is marked as good")

    def since(self, revision: str) -> Sequence[Revision]:
        place = self.history.index(self.revision(revision))
        return list(reversed(self.history[place + 1 :]))

    def paths(self, before: str, after: str) -> Sequence[str]:
        first, second = self._tree(before), self._tree(after)
        return sorted(path for path in {*first, *second} if first.get(path) != second.get(path))

    def changed_in_place(self) -> Sequence[str]:
        return sorted(self.in_place)

    def finish(self) -> None:
        # Its files are those of the newest revision.
        return None

    def without(self, revision: str) -> str:
        taken = self.revision(revision)
        place = self.history.index(taken)
        if place == 0:
            raise PermanentError(f"revision {revision!r} is the first")
        earlier, then, now = (
            self._tree(self.history[place - 1].id),
            self._tree(taken.id),
            dict(self._tree(self.head().id)),
        )
        for path in {path for path in {*earlier, *then} if earlier.get(path) != then.get(path)}:
            if now.get(path) != then.get(path):
                raise ConflictError(f"{path} was changed since")
            now.pop(path, None)
            if path in earlier:
                now[path] = earlier[path]
        content = _digest(now)
        self.trees[content] = now
        return content

    def patched(self, patch: str) -> str:
        made = patched(self._tree(self.head().id), patch)
        content = _digest(made)
        self.trees[content] = made
        return content

    def commit(self, content: str, subject: str, key: str, *, onto: str, takes_back: str = "") -> Revision:
        if key in self.keys:
            return self.revision(self.keys[key])
        if self.head().id != onto:
            raise ConflictError(f"the head is {self.head().id}, not {onto}")
        made = self.add(subject, self.trees[content], automated=True, takes_back=takes_back)
        self.keys[key] = made.id
        return made

    def _tree(self, revision: str) -> Mapping[str, str]:
        return self.trees.get(revision) or self.trees[self.revision(revision).content]


def _digest(tree: Mapping[str, str]) -> str:
    return sha256(canonical_bytes([[path, text] for path, text in sorted(tree.items())])).hexdigest()
