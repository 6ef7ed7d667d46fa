"""One drill per shipped playbook: a world in memory with the very fault it is for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from grace_workers.actions import (
    Blocker,
    ErrorLog,
    FileTree,
    Flag,
    FlagStore,
    HttpProbe,
    LogLevels,
    Ownership,
    Restartable,
    SqlConsole,
    Target,
)
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import (
    MemoryConsole,
    MemoryErrorLog,
    MemoryFlags,
    MemoryLevels,
    MemoryProbe,
    MemoryService,
    MemoryTree,
    MemoryWorld,
)

SUBJECT, SERVICE = TargetName("subject"), TargetName("service")


@dataclass(frozen=True, kw_only=True)
class Drill:
    """A faulty world, and what a diagnosis would say about it."""

    cause: str
    kind: TargetKind
    roles: Mapping[type, object]
    labels: Mapping[str, str] = field(default_factory=dict)
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)
    service: Mapping[type, object] = field(
        default_factory=lambda: {ErrorLog: MemoryErrorLog(), HttpProbe: MemoryProbe()}
    )

    @property
    def targets(self) -> dict[TargetName, Target]:
        """The target to heal and a service beside it."""
        subject = Target(
            name=SUBJECT, kind=self.kind, owner=Ownership.INTERNAL, labels=self.labels, roles=_names(self.roles)
        )
        service = Target(name=SERVICE, kind=TargetKind("process"), owner=Ownership.INTERNAL, roles=_names(self.service))
        return {SUBJECT: subject, SERVICE: service}

    @property
    def world(self) -> MemoryWorld:
        """The roles of both."""
        actors = {SUBJECT: self.roles, SERVICE: self.service}
        return MemoryWorld(roles={(name, role): actor for name in actors for role, actor in actors[name].items()})


def _names(roles: Mapping[type, object]) -> frozenset[str]:
    return frozenset(role.__name__ for role in roles)


@dataclass(slots=True)
class Answering:
    """An `HttpProbe` that answers with 200 in `seconds`; while `ill`, not at all or slowly."""

    ill: Callable[[], bool]
    status: int = 200
    seconds: float = 0.01

    def get(self, path: str, timeout: timedelta) -> tuple[int, float]:
        """Return status and seconds."""
        del path, timeout
        return (self.status, self.seconds) if self.ill() else (200, 0.01)


@dataclass(slots=True)
class Erring:
    """An `ErrorLog` with three errors in every window while `ill`."""

    ill: Callable[[], bool]

    def errors(self, window: timedelta) -> int:
        """Return the count."""
        del window
        return 3 if self.ill() else 0

    def recent(self, limit: int) -> Sequence[str]:
        """Return the lines."""
        return ["ERROR flag new-checkout"][:limit] if self.ill() else []


def _service() -> Drill:
    service = MemoryService(running=False)
    roles = {Restartable: service, HttpProbe: Answering(ill=lambda: not service.running, status=0)}
    return Drill(cause="process_down", kind=TargetKind("process"), roles=roles, labels={"health_path": "/healthz"})


def _kernel() -> Drill:
    return Drill(cause="kernel_failing", kind=TargetKind("kernel"), roles={Restartable: MemoryService(running=False)})


def _locks() -> Drill:
    blocker = Blocker(
        pid=7,
        incarnation="a",
        waiting=4,
        transaction_age=timedelta(seconds=20),
        state="idle in transaction",
        application="shop",
    )
    console = MemoryConsole(blocking=[blocker])
    return Drill(cause="lock_pileup", kind=TargetKind("postgres"), roles={SqlConsole: console})


def _flag() -> Drill:
    flag = Flag(key="new-checkout", enabled=True, variant="on", variants=("on", "off"))
    store = MemoryFlags(stored={flag.key: flag})
    return Drill(
        cause="bad_flag",
        kind=TargetKind("flags"),
        roles={FlagStore: store},
        service={ErrorLog: Erring(ill=lambda: store.flag(flag.key).variant == "on"), HttpProbe: MemoryProbe()},
        labels={"service": SERVICE, "switchable": flag.key},
        bindings={"flag": "new-checkout", "variant": "off"},
    )


def _disk() -> Drill:
    tree = MemoryTree(quota=1_000)
    for number in range(1, 10):
        tree.put(f"shop/app.log.{number}", b"x" * 100, datetime(2025, 12, number, tzinfo=UTC))
    tree.put("shop/app.log", b"x" * 50)
    return Drill(cause="disk_full", kind=TargetKind("files"), roles={FileTree: tree})


def _cache() -> Drill:
    tree = MemoryTree()
    for number in range(600):
        tree.put(f"shop/__pycache__/m{number}.cpython-311.pyc", b"x")
    labels = {"service": str(SERVICE), "health_path": "/catalog"}
    slow = Answering(ill=lambda: len(tree.files) > 100, seconds=0.9)
    service = {ErrorLog: MemoryErrorLog(), HttpProbe: slow}
    return Drill(cause="stale_cache", kind=TargetKind("files"), roles={FileTree: tree}, labels=labels, service=service)


def _table() -> Drill:
    console = MemoryConsole(tables={"public.orders": (50_000, 1_000)})
    binding: dict[str, JsonValue] = {"table": "public.orders"}
    return Drill(cause="table_bloat", kind=TargetKind("postgres"), roles={SqlConsole: console}, bindings=binding)


def _wal() -> Drill:
    console = MemoryConsole(pending=2**31)
    return Drill(cause="wal_backlog", kind=TargetKind("postgres"), roles={SqlConsole: console})


def _flood() -> Drill:
    levels = MemoryLevels(configured={"shop": "DEBUG"})
    return Drill(cause="log_flood", kind=TargetKind("logging"), roles={LogLevels: levels}, labels={"logger": "shop"})


DRILLS = {
    "checkpoint_wal_backlog": _wal,
    "clear_stale_cache": _cache,
    "end_lock_pileup": _locks,
    "free_log_space": _disk,
    "quiet_log_flood": _flood,
    "restart_dead_service": _service,
    "restart_kernel": _kernel,
    "switch_off_bad_flag": _flag,
    "vacuum_bloated_table": _table,
}
