"""The roles a target can play: small protocols that primitives and checks speak to, and adapters implement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

RECENT = timedelta(minutes=15)
"""How old a line may be that still speaks for what is wrong now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """Whether a service runs; `incarnation` differs for every start, so a restart can be told from none.

    `serving` is for how long it has served without a break, None where that is not known.
    """

    running: bool
    incarnation: str | None
    detail: str = ""
    serving: timedelta | None = None


class Restartable(Protocol):
    """A service that can be started and stopped. Both are idempotent."""

    def status(self) -> ServiceStatus:
        """Return whether it runs now."""
        ...

    def start(self) -> ServiceStatus:
        """Start it unless it runs; return when it runs. Raises PermanentError or TransientError when it does not."""
        ...

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Stop it: politely, after `grace` by force."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A database session that others wait for. `incarnation` tells it from a later session of the same pid."""

    pid: int
    incarnation: str
    waiting: int
    transaction_age: timedelta
    state: str
    application: str


class SqlConsole(Protocol):
    """A PostgreSQL database, for its upkeep; never for running somebody's SQL."""

    def blockers(self, older_than: timedelta) -> Sequence[Blocker]:
        """Return the root blockers of lock queues whose transaction is older, most waited-for first."""
        ...

    def lock_waiters(self) -> int:
        """Return how many sessions wait for a lock now."""
        ...

    def end_session(self, blocker: Blocker) -> bool:
        """End that very session; False when it was already gone."""
        ...

    def session_exists(self, pid: int, incarnation: str) -> bool:
        """Return whether that very session still exists."""
        ...

    def session_count(self) -> int:
        """Return the number of client sessions of this database."""
        ...

    def checkpoint(self) -> None:
        """Force a checkpoint and wait for it."""
        ...

    def bytes_since_checkpoint(self) -> int:
        """Return the bytes of write-ahead log a crash would replay now."""
        ...

    def vacuum(self, table: str, *, analyze: bool) -> None:
        """Vacuum one table. Raises NotFoundError when there is no such table."""
        ...

    def dead_tuples(self, table: str) -> int:
        """Return the table's dead rows as the statistics know them. Raises NotFoundError."""
        ...

    def live_tuples(self, table: str) -> int:
        """Return the table's live rows as the statistics know them. Raises NotFoundError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A regular file below a tree's root; `path` is relative, with `/`."""

    path: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Bytes in use below the root, and the bytes allowed."""

    used: int
    quota: int

    @property
    def ratio(self) -> float:
        """Used over allowed."""
        return self.used / self.quota if self.quota else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stash:
    """Copies of files kept outside the tree: how many, bytes of the originals, bytes kept, the manifest's SHA-256."""

    key: str
    files: int
    size: int
    stored: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What a removal did: files gone now and bytes freed by it; `kept` were changed since the stash and stay."""

    removed: int
    freed: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How a stash stands to the tree: files held, in the tree unchanged, and places that something else holds now."""

    held: int
    unchanged: int
    replaced: int

    @property
    def missing(self) -> int:
        """Files that are not in the tree."""
        return self.held - self.unchanged - self.replaced


class FileTree(Protocol):
    """A directory tree. No path leaves the root; no symbolic link is followed or removed by way of another name."""

    def usage(self) -> Usage:
        """Return how full the tree is."""
        ...

    def find(self, patterns: Sequence[str], *, older_than: timedelta = timedelta(0)) -> Sequence[FileEntry]:
        """Return regular files, at least that old, whose relative path matches a glob; oldest first.

        A file with a second name (hard link) is left out: removing one name frees nothing.
        Raises InputError for `..` or `/`.
        """
        ...

    def stash(self, paths: Sequence[str], key: str) -> Stash:
        """Keep a compressed copy of the files outside the tree under `key`. Idempotent.

        A file that changes while it is read, or is gone, is not in the stash. Raises PermanentError when the copy
        does not fit; then nothing is kept.
        """
        ...

    def remove(self, key: str) -> Removal:
        """Remove the files that `key`'s stash holds, except those changed since. Idempotent.

        Raises NotFoundError when there is no such stash.
        """
        ...

    def unstash(self, key: str) -> int:
        """Put the stashed files back where they are missing, with mode and times; return how many. Idempotent."""
        ...

    def present(self, key: str) -> Presence:
        """Return how many of the stash's files are in the tree. Raises NotFoundError when there is no such stash."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A feature flag as stored: whether it is enabled, the default variant and the variants there are.

    `targeted` says that rules may give somebody another variant than the default.
    """

    key: str
    enabled: bool
    variant: str
    variants: tuple[str, ...]
    targeted: bool = False


class FlagStore(Protocol):
    """Feature flags. Setting is atomic and idempotent."""

    def flags(self) -> Sequence[Flag]:
        """Return all flags, by key."""
        ...

    def flag(self, key: str) -> Flag:
        """Return one flag. Raises NotFoundError."""
        ...

    def set_variant(self, key: str, variant: str) -> Flag:
        """Make `variant` the default. Raises NotFoundError, InputError for an unknown variant."""
        ...


class LogLevels(Protocol):
    """The logging levels of a running process, really changed and really read back."""

    def level(self, logger: str) -> str:
        """Return the effective level name the process reports. Raises TransientError when it does not answer."""
        ...

    def set_level(self, logger: str, level: str | None) -> str:
        """Set a level (None removes our setting); return the effective level once the process has taken it over."""
        ...

    def own_level(self, logger: str) -> str | None:
        """Return the level that we set on the very logger, None when we set none."""
        ...


class HttpProbe(Protocol):
    """An HTTP service, looked at from outside."""

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return status and seconds taken; status 0 when nothing answered."""
        ...


class ErrorLog(Protocol):
    """A service's log, read for its errors."""

    def errors(self, window: timedelta) -> int:
        """Return how many error lines were written within the last `window`."""
        ...

    def recent(self, limit: int) -> Sequence[str]:
        """Return the newest error lines of the last `RECENT`, newest last."""
        ...
