"""A node's real servers and processes without its supervisor, so that what a test breaks stays broken."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg

from grace_workers.adapters.celery import beat_command, worker_command
from grace_workers.adapters.celery.commands import queues_of
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.embedded.place import free_port
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.adapters.postgres.migrate import head, upgrade
from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.kernels import kernel_probe
from grace_workers.fleet import Probe, Readiness, examine
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.boot.tokens import ensure_cli_token
from grace_workers.orchestration.job import Pool
from grace_workers.settings import Settings, addresses, load_settings

ROOT = Path(__file__).parents[3]
HERE = InstanceName("here")
OTHERS = {
    "control": [sys.executable, "-m", "grace_workers.entrypoints.node.control"],
    "api": [sys.executable, "-m", "grace_workers.entrypoints.api"],
    "beat": beat_command(),
}
NAMES = (*OTHERS, *(pool.value for pool in Pool))
GUARDED = ("audit_log", "audit_log_000000", "audit_head")


def worker(pool: Pool, queues: Sequence[str]) -> Sequence[str]:
    """Return the command of a pool's worker."""
    return worker_command(pool, 2, instance=HERE, queues=queues or queues_of(pool, HERE))


class Scene:
    """The servers run from the beginning; processes are started, stopped and frozen by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        self.valkey = EmbeddedValkey(folder / "valkey", durable=False)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.probe: Probe | None = None
        self.closing = ExitStack()
        self.postgres.start()
        self.valkey.start()
        (folder / "data").mkdir(mode=0o700)

    def prepare(self) -> None:
        """Migrate, and make the settings of the node."""
        folder = self.folder
        upgrade(self.postgres.url, ROOT / "migrations")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
            "GRACE_DATABASE__URL": self.postgres.url,
            "GRACE_BROKER__URL": self.valkey.url,
            "GRACE_DATA_DIR": str(folder / "data"),
            "GRACE_INSTANCE": HERE,
            "GRACE_API__PORT": str(free_port()),
            "GRACE_CYCLES__TRIGGERS": "PT1S",
            "GRACE_CYCLES__TELEMETRY": "PT1S",
            "PYTHONPATH": str(ROOT),
        }
        self.settings = _settings(self.environment)
        engine = make_engine(self.postgres.url, pool_size=1)
        ensure_cli_token(PostgresLedger(engine), SystemClock(), self.settings.cli_token_file)
        engine.dispose()
        self.revision = head(ROOT / "migrations")
        self.kernels = catalogs().kernels
        self.probe = kernel_probe(self.settings, addresses(self.settings), self.closing)

    def start(self, *names: str, queues: Sequence[str] = ()) -> None:
        """Start these processes, a worker on `queues` instead of its own; `until` waits for their effect."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            with log:
                self.running[name] = subprocess.Popen(
                    OTHERS.get(name) or worker(Pool(name), queues),
                    env=self.environment,
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )

    def kill(self, name: str) -> None:
        """End a process and its children at once."""
        process = self.running.pop(name)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for one in family:
            one.kill()
        process.wait(10)

    @contextmanager
    def attacked(self) -> Iterator[psycopg.Connection]:
        """Yield a superuser's session with the audit log's guards off; they are on again afterwards."""
        with psycopg.connect(self.postgres.url, autocommit=True) as session:
            for table in GUARDED:
                session.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            try:
                yield session
            finally:
                for table in GUARDED:
                    session.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")

    def ask(self, name: str, *, thorough: bool = False) -> Readiness:
        """Ask one kernel."""
        return examine(self.kernels[name], replace(self.probe, thorough=thorough))

    def until(self, name: str, kind: type, *, within: float = 60.0, thorough: bool = False) -> Readiness:
        """Ask one kernel until its answer is of that kind, and return it."""
        deadline = time.monotonic() + within
        while not isinstance(found := self.ask(name, thorough=thorough), kind):
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is not {kind.__name__} within {within} s but {found}")
            time.sleep(0.05)
        return found

    def close(self) -> None:
        """End everything."""
        self.closing.close()
        for name in list(self.running):
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()


def _settings(environment: Mapping[str, str]) -> Settings:
    kept = {name: os.environ.get(name) for name in environment if name.startswith("GRACE_")}
    os.environ.update({name: value for name, value in environment.items() if name.startswith("GRACE_")})
    try:
        return load_settings()
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
