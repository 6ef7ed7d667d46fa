"""A world in memory that keeps all rules of the roles: for tests, previews of playbooks, and trying primitives out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from grace_workers.actions import (
    RECENT,
    Blocker,
    FileEntry,
    Flag,
    Presence,
    Removal,
    ServiceStatus,
    Stash,
    Usage,
    accepted,
    matcher,
)
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetName

R = TypeVar("R")
_ROOT_LEVEL = "WARNING"


@dataclass(slots=True)
class MemoryService:
    """A `Restartable` that counts its starts."""

    running: bool = True
    starts: int = 1
    serving: timedelta | None = timedelta(minutes=1)

    def status(self) -> ServiceStatus:
        """Return whether it runs, and when it does, that it has served for `serving`."""
        if not self.running:
            return ServiceStatus(running=False, incarnation=None, serving=timedelta(0))
        return ServiceStatus(running=True, incarnation=f"start-{self.starts}", serving=self.serving)

    def start(self) -> ServiceStatus:
        """Start it unless it runs."""
        if not self.running:
            self.running, self.starts = True, self.starts + 1
        return self.status()

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it at once."""
        del grace
        self.running = False
        return self.status()


@dataclass(slots=True)
class MemoryConsole:
    """A `SqlConsole` with sessions that block, tables with dead rows, and a count of pending bytes."""

    blocking: list[Blocker] = field(default_factory=list)
    idle_sessions: int = 1
    pending: int = 0
    tables: dict[str, tuple[int, int]] = field(default_factory=dict)

    def blockers(self, older_than: timedelta) -> Sequence[Blocker]:
        """Return the blocking sessions that are old enough, most waited-for first."""
        old = [blocker for blocker in self.blocking if blocker.transaction_age > older_than]
        return sorted(old, key=lambda blocker: -blocker.waiting)

    def lock_waiters(self) -> int:
        """Return the waiting sessions of all blockers."""
        return sum(blocker.waiting for blocker in self.blocking)

    def end_session(self, blocker: Blocker) -> bool:
        """End that very session."""
        if not self.session_exists(blocker.pid, blocker.incarnation):
            return False
        self.blocking = [one for one in self.blocking if one.pid != blocker.pid]
        self.idle_sessions += blocker.waiting
        return True

    def session_exists(self, pid: int, incarnation: str) -> bool:
        """Return whether that very session exists."""
        return any((blocker.pid, blocker.incarnation) == (pid, incarnation) for blocker in self.blocking)

    def session_count(self) -> int:
        """Return blocking, waiting and idle sessions."""
        return len(self.blocking) + self.lock_waiters() + self.idle_sessions

    def checkpoint(self) -> None:
        """Write everything out."""
        self.pending = 0

    def bytes_since_checkpoint(self) -> int:
        """Return the bytes not written out."""
        return self.pending

    def vacuum(self, table: str, *, analyze: bool) -> None:
        """Drop the table's dead rows."""
        del analyze
        _, live = self._table(table)
        self.tables[table] = (0, live)

    def dead_tuples(self, table: str) -> int:
        """Return the table's dead rows."""
        return self._table(table)[0]

    def live_tuples(self, table: str) -> int:
        """Return the table's live rows."""
        return self._table(table)[1]

    def _table(self, name: str) -> tuple[int, int]:
        try:
            return self.tables[name]
        except KeyError:
            raise NotFoundError(f"there is no table {name!r}") from None


@dataclass(slots=True)
class MemoryTree:
    """A `FileTree` of byte strings. `now` is the moment that ages are counted from."""

    files: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    quota: int = 1_000_000
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    stashes: dict[str, dict[str, tuple[bytes, datetime]]] = field(default_factory=dict)

    def put(self, path: str, content: bytes, modified_at: datetime | None = None) -> None:
        """Write a file."""
        self.files[accepted(path)] = (content, modified_at or self.now)

    def usage(self) -> Usage:
        """Return the bytes of all files."""
        return Usage(used=sum(len(content) for content, _ in self.files.values()), quota=self.quota)

    def find(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        """Return the files that match and are old enough, oldest first."""
        matches = matcher(patterns)
        found = [
            FileEntry(path=path, size=len(content), modified_at=modified_at)
            for path, (content, modified_at) in self.files.items()
            if matches(path) and (not older_than or modified_at <= self.now - older_than)
        ]
        return sorted(found, key=lambda entry: (entry.modified_at, entry.path))

    def stash(self, paths: Sequence[str], key: str) -> Stash:
        """Keep a copy of the files."""
        self.stashes.setdefault(key, {path: self.files[path] for path in paths if path in self.files})
        held = self.stashes[key]
        size = sum(len(content) for content, _ in held.values())
        digest = hashlib.sha256(repr(sorted(held.items())).encode()).hexdigest()
        return Stash(key=key, files=len(held), size=size, stored=size, digest=digest)

    def remove(self, key: str) -> Removal:
        """Remove the stash's files where they have not changed since."""
        held = self._stashed(key)
        same = [path for path, kept in held.items() if self.files.get(path) == kept]
        changed = sum(path in self.files for path in held) - len(same)
        freed = sum(len(self.files.pop(path)[0]) for path in same)
        return Removal(removed=len(same), freed=freed, kept=changed)

    def unstash(self, key: str) -> int:
        """Put the stash's files back where they are missing."""
        missing = {path: kept for path, kept in self._stashed(key).items() if path not in self.files}
        self.files.update(missing)
        return len(missing)

    def present(self, key: str) -> Presence:
        """Return how many of the stash's files are in the tree."""
        held = self._stashed(key)
        unchanged = sum(self.files.get(path) == kept for path, kept in held.items())
        there = sum(path in self.files for path in held)
        return Presence(held=len(held), unchanged=unchanged, replaced=there - unchanged)

    def _stashed(self, key: str) -> Mapping[str, tuple[bytes, datetime]]:
        try:
            return self.stashes[key]
        except KeyError:
            raise NotFoundError(f"there is no stash {key!r}") from None


@dataclass(slots=True)
class MemoryFlags:
    """A `FlagStore` of flags."""

    stored: dict[str, Flag] = field(default_factory=dict)

    def flags(self) -> Sequence[Flag]:
        """Return all flags, by key."""
        return [self.stored[key] for key in sorted(self.stored)]

    def flag(self, key: str) -> Flag:
        """Return one flag."""
        try:
            return self.stored[key]
        except KeyError:
            raise NotFoundError(f"there is no flag {key!r}; known: {', '.join(self.stored) or 'none'}") from None

    def set_variant(self, key: str, variant: str) -> Flag:
        """Make `variant` the default."""
        flag = self.flag(key)
        if variant not in flag.variants:
            raise InputError(f"flag {key!r} has no variant {variant!r}; it has: {', '.join(flag.variants)}")
        self.stored[key] = replace(flag, variant=variant)
        return self.stored[key]


@dataclass(slots=True)
class MemoryLevels:
    """`LogLevels` of a process. `configured` are the process's own settings, `ours` the ones laid over them."""

    configured: dict[str, str] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)

    def level(self, logger: str) -> str:
        """Return the level in force: of the nearest logger upwards that has one."""
        effective = {"": _ROOT_LEVEL, **self.configured, **self.ours}
        while logger not in effective:
            logger = logger.rpartition(".")[0]
        return effective[logger]

    def set_level(self, logger: str, level: str | None) -> str:
        """Set our level, or remove it."""
        if level is None:
            self.ours.pop(logger, None)
        else:
            self.ours[logger] = level
        return self.level(logger)

    def own_level(self, logger: str) -> str | None:
        """Return the level that we set."""
        return self.ours.get(logger)


@dataclass(slots=True)
class MemoryProbe:
    """An `HttpProbe` that answers every path with one status in one time."""

    status: int = 200
    seconds: float = 0.01

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return the status, 0 when the answer takes longer than `timeout`."""
        del path
        late = self.seconds > timeout.total_seconds()
        return (0, timeout.total_seconds()) if late else (self.status, self.seconds)


@dataclass(slots=True)
class MemoryErrorLog:
    """An `ErrorLog` of lines with their times. `now` is the moment that windows are counted from."""

    lines: list[tuple[datetime, str]] = field(default_factory=list)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def errors(self, window: timedelta) -> int:
        """Return the count within the window."""
        return sum(self.now - window <= at <= self.now for at, _ in self.lines)

    def recent(self, limit: int) -> Sequence[str]:
        """Return the newest lines, newest last."""
        recent = [line for at, line in self.lines if self.now - RECENT <= at <= self.now]
        return recent[-limit:] if limit > 0 else []


@dataclass(slots=True)
class MemoryWorld:
    """A `World` whose roles are given: `roles[target, role]`."""

    roles: dict[tuple[TargetName, type], object] = field(default_factory=dict)

    def role(self, target: TargetName, role: type[R]) -> R:
        """Return the target's implementation of `role`."""
        try:
            return cast("R", self.roles[target, role])
        except KeyError:
            pass
        known = sorted(kind.__name__ for name, kind in self.roles if name == target)
        if not known:
            raise NotFoundError(f"there is no target {target!r}")
        raise InputError(f"target {target!r} cannot act as {role.__name__}; it has: {', '.join(known)}")
