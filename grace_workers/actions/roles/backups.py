"""`Backups`: a database that can be made anew from a backup beside the one that serves, and then take its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup, how long ago it was finished, and its bytes."""

    name: str
    age: timedelta
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStanding:
    """Which databases there are, each by what tells it from every other one that has its name later.

    `serving` has the name of the target, `copy` was made from a backup and is complete, `unfinished` is one that is not
    complete, and `before` served until the copy took its place. The names say where each is, or would be: `served_name`
    is for a copy that had to give way.
    """

    serving: str | None
    copy: str | None
    before: str | None
    copy_name: str
    before_name: str
    served_name: str
    unfinished: str | None = None


class Backups(Protocol):
    """A database with backups. A `key` of eight hexadecimal digits names one try, and each method may be repeated."""

    def backups(self) -> Sequence[Backup]:
        """Return the complete backups, newest first."""
        ...

    def standing(self, key: str) -> DatabaseStanding:
        """Return which databases there are."""
        ...

    def restore_beside(self, backup: str, key: str) -> DatabaseStanding:
        """Make the copy from a backup, and return when it is complete. What an earlier try left half made is removed.

        The database that serves is not touched.

        Raises:
            NotFoundError: there is no such backup.
            PermanentError: the backup is damaged, or the copy cannot be made here.
            TransientError: the copy is not complete in time.
        """
        ...

    def faults(self, key: str) -> Sequence[str]:
        """Return why the copy may not take over, a sentence each; empty if nothing is found. Everything is read."""
        ...

    def exchange(self, key: str) -> DatabaseStanding:
        """Let the copy serve under the target's name; what served so far is kept under another one.

        Raises:
            ConflictError: there is no copy, or clients cannot be parted from the database that serves.
        """
        ...

    def exchange_back(self, key: str) -> DatabaseStanding:
        """Let what served before serve again; a copy that served meanwhile is kept, because others may have written."""
        ...

    def drop_copy(self, key: str) -> None:
        """Drop a copy that has never served, complete or not."""
