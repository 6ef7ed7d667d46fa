"""A connection pooler in front of the database is reported at the gate, by its name and the remedy, on every way in."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text

from grace_workers.adapters.embedded.place import free_port
from grace_workers.adapters.node_servers import NodeServers
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.adapters.postgres.migrate import bring_up
from grace_workers.adapters.process.probes import why_not_listen
from grace_workers.bootstrap.preflight import preflight_steps, resources_of
from grace_workers.foundation.errors import InputError
from grace_workers.settings import Settings, shipped
from tests.waiting import until

pytestmark = pytest.mark.servers
SAID = r"connection pooler such as PgBouncer .* set GRACE_DATABASE__URL to the PostgreSQL server itself"
KEY = b"K\x00\x00\x00\x0c"


def through(url: str, port: int) -> str:
    return url.replace(f":{urlsplit(url).port}/", f":{port}/")


@contextmanager
def renumbering(server: tuple[str, int]) -> Iterator[int]:
    """Pass connections to the server, and give clients backend numbers that are not the server's."""

    def carry(source: socket.socket, target: socket.socket, *, changed: bool) -> None:
        try:
            while data := source.recv(65536):
                at = data.find(KEY) if changed else -1
                target.sendall(data if at < 0 else data[: at + 5] + b"\x00\x00\x00\x07" + data[at + 9 :])
        except OSError:
            return
        finally:
            target.close()

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            upstream = socket.create_connection(server)
            for source, target, changed in ((client, upstream, False), (upstream, client, True)):
                threading.Thread(target=carry, args=(source, target), kwargs={"changed": changed}, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def pgbouncer(url: str, *settings: str) -> Iterator[int]:
    """The real one, in transaction mode."""
    parts = urlsplit(url)
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="grace-pooler-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "users").write_text(f'"{parts.username}" "{parts.password}"\n')
    lines = [
        "[databases]",
        f"* = host={parts.hostname} port={parts.port}",
        "[pgbouncer]",
        "pool_mode = transaction",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        f"auth_file = {folder / 'users'}",
        *settings,
    ]
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n")
    who = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["pgbouncer", "-q", *who, str(folder / "pgbouncer.ini")])
    try:
        until(lambda: why_not_listen("127.0.0.1", port) is not None, within=10)
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def gate(tmp_path: Path, url: str) -> None:
    settings = Settings(data_dir=tmp_path, database={"url": url}, broker={"url": "redis://127.0.0.1:1/0"})
    servers = NodeServers(settings.data_dir, database=settings.database.url, broker=settings.broker.url)
    steps = preflight_steps(settings, servers, resources_of(settings))
    next(one for one in steps if one.name == "database and schema").run()


def migrated(url: str) -> None:
    bring_up(url, shipped("migrations"))


def ask(url: str) -> None:
    engine = make_engine(url)
    try:
        with translated(), engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        engine.dispose()


@pytest.fixture
def renumbered(database_url: str) -> Iterator[str]:
    parts = urlsplit(database_url)
    with renumbering((str(parts.hostname), int(parts.port or 0))) as port:
        yield through(database_url, port)


def test_a_server_with_its_own_backend_numbers_counts_as_a_pooler(renumbered: str, tmp_path: Path) -> None:
    with psycopg.connect(renumbered) as session:
        assert session.info.backend_pid == 7
    with pytest.raises(InputError, match=SAID):
        gate(tmp_path, renumbered)


def test_neither_a_migration_nor_any_session_uses_a_pooler(renumbered: str) -> None:
    for use in (migrated, ask):
        with pytest.raises(InputError, match=SAID):
            use(renumbered)


@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="pgbouncer is not installed")
@pytest.mark.parametrize("settings", [(), ("ignore_startup_parameters = options",)], ids=["strict", "lenient"])
def test_pgbouncer_is_reported_by_the_gate_a_migration_and_every_session(database_url, tmp_path, settings) -> None:
    with pgbouncer(database_url, *settings) as port:
        url = through(database_url, port)
        for use in (lambda one: gate(tmp_path, one), migrated, ask):
            with pytest.raises(InputError, match=SAID):
                use(url)
