"""A tree of files in memory."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.actions import FileEntry, FileTree, Presence, Removal, Stash, Usage, accepted, matcher
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.testing.clock import START


@dataclass(slots=True)
class MemoryTree(FileTree):
    """A `FileTree` of byte strings. `now` is the moment from which ages are counted, `running` are the live pids."""

    files: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    quota: int = 1_000_000
    now: datetime = START
    stashes: dict[str, dict[str, tuple[bytes, datetime]]] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)

    def put(self, path: str, content: bytes, modified_at: datetime | None = None) -> None:
        """Write a file."""
        self.files[accepted(path)] = (content, modified_at or self.now)

    def usage(self) -> Usage:
        return Usage(used=sum(len(content) for content, _ in self.files.values()), quota=self.quota)

    def find(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        matches = matcher(patterns)
        found = [
            FileEntry(path=path, size=len(content), modified_at=modified_at)
            for path, (content, modified_at) in self.files.items()
            if matches(path) and (not older_than or modified_at <= self.now - older_than)
        ]
        return sorted(found, key=lambda entry: (entry.modified_at, entry.path))

    def stash(self, paths: Sequence[str], key: str) -> Stash:
        self.stashes.setdefault(key, {path: self.files[path] for path in paths if path in self.files})
        held = self.stashes[key]
        size = sum(len(content) for content, _ in held.values())
        digest = hashlib.sha256(repr(sorted(held.items())).encode()).hexdigest()
        return Stash(key=key, files=len(held), size=size, stored=size, digest=digest)

    def remove(self, key: str) -> Removal:
        held = self._stashed(key)
        same = [path for path, kept in held.items() if self.files.get(path) == kept]
        changed = sum(path in self.files for path in held) - len(same)
        freed = sum(len(self.files.pop(path)[0]) for path in same)
        return Removal(removed=len(same), freed=freed, kept=changed)

    def unstash(self, key: str) -> int:
        missing = {path: kept for path, kept in self._stashed(key).items() if path not in self.files}
        self.files.update(missing)
        return len(missing)

    def present(self, key: str) -> Presence:
        held = self._stashed(key)
        unchanged = sum(self.files.get(path) == kept for path, kept in held.items())
        there = sum(path in self.files for path in held)
        return Presence(held=len(held), unchanged=unchanged, replaced=there - unchanged)

    def stale_locks(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        named = [(one, self.files[one.path][0].split()) for one in self.find(patterns, older_than=older_than)]
        return [one for one, words in named if words and words[0].isdigit() and int(words[0]) not in self.running]

    def rename(self, path: str, to: str) -> bool:
        if accepted(to).rpartition("/")[0] != accepted(path).rpartition("/")[0]:
            raise InputError(f"{to!r} is not in the folder of {path!r}")
        if path not in self.files:
            return False
        if to in self.files:
            raise ConflictError(f"{to!r} is another file")
        self.files[to] = self.files.pop(path)
        return True

    def _stashed(self, key: str) -> Mapping[str, tuple[bytes, datetime]]:
        try:
            return self.stashes[key]
        except KeyError:
            raise NotFoundError(f"there is no stash {key!r}") from None
