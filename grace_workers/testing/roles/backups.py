"""A database with backups, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from grace_workers.actions import Backup, Backups, DatabaseStanding
from grace_workers.foundation.errors import ConflictError, NotFoundError


@dataclass(slots=True)
class MemoryBackups(Backups):
    """The database `name` among `databases`, which have contents. A copy of a backup in `faulty` fails its check.

    A database in `unfinished` is not complete.
    """

    name: str = "shop"
    databases: dict[str, str] = field(default_factory=lambda: {"shop": "damaged"})
    kept: dict[str, str] = field(default_factory=lambda: {"nightly": "whole"})
    faulty: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=lambda: {"shop": "first"})

    def backups(self) -> Sequence[Backup]:
        return [Backup(name=name, age=timedelta(hours=3), size=len(held)) for name, held in self.kept.items()]

    def standing(self, key: str) -> DatabaseStanding:
        copy, before, served = (f"{self.name}_{what}_{key}" for what in ("copy", "before", "served"))
        made = self.ids.get(copy)
        return DatabaseStanding(
            serving=self.ids.get(self.name),
            copy=None if copy in self.unfinished else made,
            unfinished=made if copy in self.unfinished else None,
            before=self.ids.get(before),
            copy_name=copy,
            before_name=before,
            served_name=served,
        )

    def restore_beside(self, backup: str, key: str) -> DatabaseStanding:
        if backup not in self.kept:
            raise NotFoundError(f"there is no backup {backup!r}")
        name = self.standing(key).copy_name
        if name not in self.ids or name in self.unfinished:
            self.unfinished.discard(name)
            self.databases[name], self.ids[name] = self.kept[backup], uuid4().hex
        return self.standing(key)

    def faults(self, key: str) -> Sequence[str]:
        held = self.databases[self.standing(key).copy_name]
        return [f"the copy of {name} is faulty" for name in self.faulty if self.kept[name] == held]

    def exchange(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is None:
            if now.copy is None:
                raise ConflictError(f"there is no copy {now.copy_name}")
            self._rename(self.name, now.before_name)
            self._rename(now.copy_name, self.name)
        return self.standing(key)

    def exchange_back(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is not None:
            self._rename(self.name, now.served_name)
            self._rename(now.before_name, self.name)
        return self.standing(key)

    def drop_copy(self, key: str) -> None:
        name = self.standing(key).copy_name
        self.databases.pop(name, None)
        self.ids.pop(name, None)

    def _rename(self, name: str, to: str) -> None:
        if name in self.ids:
            self.databases[to], self.ids[to] = self.databases.pop(name), self.ids.pop(name)
