"""Real servers for the tests, from the embedded wheels: one of each per worker, started when first asked for."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
import redis
from psycopg import sql
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.migrate import upgrade

ROOT = Path(__file__).parent.parent
# Folders and files that tests make are given to what they start, so the umask of the test run must not matter.
os.umask(0o022)
# Nearly all that a collection of tests makes stays, so to look for garbage meanwhile is in vain.
gc.disable()
# Speed is measured in tests/benchmarks; a busy machine makes no property false.
hypothesis.settings.register_profile("unhurried", deadline=None)
# A commit hook calls `make check`; `make test` tries each property with its full number of examples.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=10)
hypothesis.settings.load_profile("unhurried")
TEMPLATE = "migrated"
NODES = "pytest.mark.nodes"
ARCHITECTURE = "tests/architecture/"
_FOLDERS = count()


class _OneNodeAtATime(LoadFileScheduling):
    """Keeps each file on one worker, and all that start whole nodes on the same, because two at once would starve.

    So it does with the tests of the architecture: each worker that runs one reads every source.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _share_of(super()._split_scope(nodeid))


@cache
def _share_of(file: str) -> str:
    if file.startswith(ARCHITECTURE):
        return ARCHITECTURE
    return "nodes" if NODES in (ROOT / file).read_text(encoding="utf-8") else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what starts whole nodes first: they wait a lot, and meanwhile the other worker does the rest."""
    items.sort(key=lambda item: item.get_closest_marker("nodes") is None)


def pytest_collection_finish() -> None:
    """Leave what was collected out of garbage collections: a full one over all tests halts the process for seconds.

    Those that remain are rarer than Python's own, because they took a fifth of the time of all quick tests.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _OneNodeAtATime:
    """Distribute the tests; xdist's own groups would do, but their names do not reach its scheduler under pytest 9."""
    return _OneNodeAtATime(config, log)


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new folder. Pytest's own also links the newest one of each name, which took a thirtieth of the quick tests."""
    path = tmp_path_factory.getbasetemp() / f"folder-{next(_FOLDERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(scope="session")
def servers_dir() -> Iterator[Path]:
    """A folder for servers with a short path, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="grace-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(servers_dir: Path) -> Iterator[EmbeddedPostgres]:
    """The PostgreSQL that all tests of this worker share. Tests that kill or stop a server take `own_postgres`."""
    server = EmbeddedPostgres(servers_dir / "postgres", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_server(servers_dir: Path) -> Iterator[EmbeddedValkey]:
    """The Valkey that all tests of this worker share. Tests that kill or stop a server take `own_valkey`."""
    server = EmbeddedValkey(servers_dir / "valkey", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedPostgres) -> str:
    """The name of a database at the newest migration, to copy from."""
    _execute(postgres_server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate(postgres_server.url_of(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """A fresh migrated database."""
    with _database(postgres_server, migrated_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A fresh database without any table."""
    with _database(postgres_server, "template0") as url:
        yield url


@pytest.fixture
def broker_url(valkey_server: EmbeddedValkey) -> Iterator[str]:
    """A clean Valkey."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        yield valkey_server.url
        client.flushall()


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A durable PostgreSQL for this test alone, migrated, to be killed and started at will."""
    server = EmbeddedPostgres(tmp_path / "own-postgres")
    server.start()
    migrate(server.url)
    yield server
    server.stop()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A durable Valkey for this test alone, to be killed and started at will."""
    server = EmbeddedValkey(tmp_path / "own-valkey")
    server.start()
    yield server
    server.stop()


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest migration."""
    upgrade(url, ROOT / "migrations")


@contextmanager
def _database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY = FILE_COPY")
    _execute(server, create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield server.url_of(name)
    finally:
        _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server: EmbeddedPostgres, statement: sql.Composed) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as session:
        session.execute(statement)
