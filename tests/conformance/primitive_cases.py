"""A world for every primitive, in memory and real, in a state where the primitive has something to do."""

import importlib
import inspect
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from grace_workers.actions import (
    AnyPrimitive,
    Ownership,
    Primitive,
    Restartable,
    SqlConsole,
    Target,
    World,
    primitives,
)
from grace_workers.entrypoints.capture.levels import LevelControl
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.testing import MemoryWorld
from tests.targets import world_of
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
TARGET = TargetName("target")
CATALOG = discover(primitives, Primitive, label="primitive")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`look` sees all that the primitive could change; `kept` sees the part that a restore must bring back."""

    primitive: AnyPrimitive
    world: Callable[[], World]
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object]
    target: Target | None = None
    data_dir: Path = field(default_factory=Path)

    @property
    def role(self) -> Any:
        """The role, from a world built anew as another worker would."""
        return self.world().role(TARGET, self.primitive.role)

    def elsewhere(self, function: str, snapshot: Mapping[str, Any], stop_after: int | None = None) -> Any:
        """Call one function of the primitive in another process; return what it printed, None when it was killed."""
        assert self.target is not None
        told = {
            "primitive": self.primitive.name,
            "kind": self.target.kind,
            "connection": self.target.connection,
            "data_dir": str(self.data_dir),
            "params": self.params,
            "snapshot": snapshot,
        }
        if stop_after is not None:
            told["stop_after"] = stop_after
        done = subprocess.run(
            [sys.executable, "-m", "tests.conformance.carry_on", function],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        if stop_after is not None and done.returncode == -9:
            return None
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@dataclass(frozen=True, kw_only=True)
class InMemory:
    """What `in_memory()` of a primitive's test file returns: a role with something to do. See `Case`."""

    role: Any
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Real:
    """What `real(folder)` of a primitive's test file returns: a real target with something to do. See `Case`.

    Where a server must be stopped afterwards, `real` is a context manager that yields this; where it needs a database,
    it is `real(folder, database_url)`, and `database_url()` is the address of an empty one.
    """

    kind: TargetKind
    connection: dict[str, Any]
    params: Mapping[str, Any]
    look: Callable[[], object]
    kept: Callable[[], object]


def memory_case(name: str) -> Case:
    """Return the case that the primitive's own test file makes in memory."""
    made: InMemory = _own(name).in_memory()
    primitive = CATALOG[name]
    world = MemoryWorld(roles={(TARGET, primitive.role): made.role})
    return Case(primitive=primitive, world=lambda: world, params=made.params, look=made.look, kept=made.kept)


@contextmanager
def real_case(name: str, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    """Yield the case of a primitive on the real adapter; `real(folder)` of its test file makes it, or one of ours."""
    with ExitStack() as stack:
        yield stack.enter_context(_REAL.get(name, _from_own_file)(CATALOG[name], folder, database_url))


def _own(name: str) -> ModuleType:
    return importlib.import_module(f"tests.unit.actions.test_{name}")


def _made(real: Callable[..., Any], folder: Path, database_url: Callable[[], str]) -> Any:
    return real(folder, database_url) if "database_url" in inspect.signature(real).parameters else real(folder)


@contextmanager
def _from_own_file(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    made: Real | AbstractContextManager[Real] = _made(_own(primitive.name).real, folder, database_url)
    with made if isinstance(made, AbstractContextManager) else nullcontext(made) as told:
        yield _case(primitive, (told.kind, told.connection), told.params, (told.look, told.kept), folder / "data")


def _case(
    primitive: AnyPrimitive,
    target: tuple[TargetKind, dict[str, Any]],
    params: Mapping[str, Any],
    looks: tuple[Callable[[], object], Callable[[], object]],
    data_dir: Path,
) -> Case:
    declared = Target(name=TARGET, kind=target[0], owner=Ownership.INTERNAL, connection=target[1])
    return Case(
        primitive=primitive,
        world=lambda: world_of({TARGET: declared}, data_dir),
        params=params,
        look=looks[0],
        kept=looks[1],
        target=declared,
        data_dir=data_dir,
    )


@contextmanager
def _real_restart(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    connection = {"command": SLEEPER, "pid_file": str(folder / "service.pid"), "log_file": str(folder / "service.log")}

    def service() -> Restartable:
        return case.world().role(TARGET, Restartable)

    case = _case(
        primitive,
        (TargetKind("process"), connection),
        {"grace_period": 5},
        (lambda: service().status(), lambda: service().status().running),
        folder / "data",
    )
    service().start()
    yield case
    service().stop(timedelta(0))


@contextmanager
def _real_locks(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    with lock_queue(database_url()) as url:
        console: Any = None

        def look() -> object:
            return [(one.pid, one.incarnation, one.waiting) for one in console.blockers(timedelta(0))]

        case = _case(
            primitive,
            (TargetKind("postgres"), {"url": url}),
            {"older_than": 0},
            (look, lambda: console.session_count() > 0),
            folder,
        )
        console = case.world().role(TARGET, SqlConsole)
        until(look, within=10)
        yield case


@contextmanager
def lock_queue(url: str) -> Iterator[str]:
    """Yield the address of a database where a plain user's open transaction keeps another session waiting."""
    role = f"app_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
        admin.execute("CREATE TABLE stock (id int PRIMARY KEY, count int)")
        admin.execute("INSERT INTO stock VALUES (1, 10)")
        admin.execute(sql.SQL("GRANT ALL ON stock TO {}").format(sql.Identifier(role)))
        with psycopg.connect(url, user=role, password="secret", application_name="shop") as holder:
            holder.execute("UPDATE stock SET count = 9")
            waiter = threading.Thread(target=_wait_for_lock, args=(url, role))
            waiter.start()
            try:
                yield url
            finally:
                holder.close()
                waiter.join(timeout=20)
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _wait_for_lock(url: str, role: str) -> None:
    with psycopg.connect(url, user=role, password="secret", application_name="shop") as session:
        session.execute("UPDATE stock SET count = count - 1")


@contextmanager
def _real_checkpoint(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    url = database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 20000)")

        def rows() -> object:
            return session.execute("SELECT count(*) FROM orders").fetchall()

        # Every checkpoint has a place of its own, so what can be the same twice is what it leaves to replay.
        def look() -> object:
            pending = case.role.bytes_since_checkpoint()
            return "much" if pending > 500_000 else "little"

        case = _case(primitive, (TargetKind("postgres"), {"url": url}), {}, (look, rows), folder)
        yield case


@contextmanager
def _real_vacuum(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    url = database_url()
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE orders (id int) WITH (autovacuum_enabled = false)")
        session.execute("INSERT INTO orders SELECT generate_series(1, 5000)")
        session.execute("DELETE FROM orders WHERE id <= 2000")
        session.execute("SELECT pg_stat_force_next_flush()")

        def rows() -> object:
            return session.execute("SELECT count(*) FROM orders").fetchall()

        def look() -> object:
            return case.role.dead_tuples("orders")

        case = _case(primitive, (TargetKind("postgres"), {"url": url}), {"table": "orders"}, (look, rows), folder)
        until(look, within=10)
        yield case


def shape(root: Path) -> dict[str, object]:
    """Return every file below `root` with its content, mode and time."""
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@contextmanager
def _real_cache(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    root = folder / "app"
    cache = root / "package" / "__pycache__"
    cache.mkdir(parents=True)
    (root / "package" / "module.py").write_text("ANSWER = 42\n")
    (cache / "module.cpython-311.pyc").write_bytes(os.urandom(3000))
    (cache / "other.cpython-311.pyc").write_bytes(b"")
    target = (TargetKind("files"), {"root": str(root), "quota": 100_000})
    yield _case(primitive, target, {}, (lambda: shape(root), lambda: shape(root)), folder / "data")


@contextmanager
def _real_disk(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    root = folder / "logs"
    root.mkdir()
    for number in range(10):
        path = root / f"app.log.{number}"
        path.write_bytes(b"line\n" * 2000)
        path.chmod(0o640)
        os.utime(path, (1_700_000_000 - number * 3600,) * 2)
    target = (TargetKind("files"), {"root": str(root), "quota": 100_000})
    looks = (lambda: shape(root), lambda: shape(root))
    yield _case(primitive, target, {"patterns": ["*.log.*"], "until_percent": 50}, looks, folder / "data")


@contextmanager
def _real_flag(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    path = folder / "flags.json"
    path.write_text(
        '{"$schema": "https://flagd.dev/schema/v0/flags.json",\n "flags": {"checkout":'
        ' {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant" : "on"}}}\n'
    )
    target = (TargetKind("flags"), {"file": str(path)})
    yield _case(primitive, target, {"flag": "checkout", "variant": "off"}, (path.read_bytes,) * 2, folder)


@contextmanager
def _real_level(primitive: AnyPrimitive, folder: Path, database_url: Callable[[], str]) -> Iterator[Case]:
    logger = logging.getLogger(f"conformance.{uuid4().hex}")
    logger.setLevel(logging.INFO)
    control = folder / "levels.json"
    listener = LevelControl(control, every=0.02).start()
    target = (TargetKind("logging"), {"control_file": str(control)})
    params = {"logger": logger.name, "level": "DEBUG"}
    try:
        yield _case(primitive, target, params, (lambda: logger.level, lambda: logger.level), folder)
    finally:
        listener.stop()


_REAL: dict[str, Any] = {
    "restart_service": _real_restart,
    "clear_database_locks": _real_locks,
    "checkpoint_database": _real_checkpoint,
    "vacuum_database": _real_vacuum,
    "clear_cache": _real_cache,
    "free_disk": _real_disk,
    "toggle_flag": _real_flag,
    "set_logging_level": _real_level,
}
