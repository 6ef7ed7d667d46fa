"""What a database is busy with, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import (
    ActiveStatement,
    CostlyStatement,
    DatabaseActivity,
    LockWait,
    Replica,
    ServerSettings,
    TableUse,
)
from grace_workers.testing.clock import START

_AS_STARTED = ServerSettings(started_at=START, loaded_at=START, pending=())


@dataclass(slots=True)
class MemoryActivity(DatabaseActivity):
    """`DatabaseActivity` with given values."""

    statements: list[ActiveStatement] = field(default_factory=list)
    counted: list[CostlyStatement] | None = None
    waits: list[LockWait] = field(default_factory=list)
    standbys: list[Replica] = field(default_factory=list)
    stored: list[TableUse] = field(default_factory=list)
    said: ServerSettings = _AS_STARTED

    def running(self, limit: int) -> Sequence[ActiveStatement]:
        return sorted(self.statements, key=lambda one: one.age, reverse=True)[:limit]

    def costly(self, limit: int) -> Sequence[CostlyStatement] | None:
        counted = self.counted
        return None if counted is None else sorted(counted, key=lambda one: one.total, reverse=True)[:limit]

    def waiting(self, limit: int) -> Sequence[LockWait]:
        return sorted(self.waits, key=lambda one: one.age, reverse=True)[:limit]

    def replicas(self, limit: int) -> Sequence[Replica]:
        return sorted(self.standbys, key=lambda one: one.name)[:limit]

    def tables(self, limit: int) -> Sequence[TableUse]:
        return sorted(self.stored, key=lambda one: (-one.dead, -one.size))[:limit]

    def size(self) -> int:
        return sum(one.size for one in self.stored)

    def settings(self) -> ServerSettings:
        return self.said
