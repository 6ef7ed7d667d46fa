"""Real damage to what a PostgreSQL server has stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres

_PAGE = 8192


def damage(server: EmbeddedPostgres, data_dir: Path, database: str, table: str) -> tuple[Path, bytes]:
    """Overwrite the first page of a table while the server is stopped; return where, and what was there."""
    file = _file_of(server, data_dir, database, table)
    with _stopped(server):
        whole = file.read_bytes()
        _put(file, b"\xa5" * _PAGE + whole[_PAGE:])
    return file, whole


def lost(server: EmbeddedPostgres, data_dir: Path, database: str, table: str) -> None:
    """Remove the file of a table while the server is stopped."""
    file = _file_of(server, data_dir, database, table)
    with _stopped(server):
        file.unlink()


def repair(server: EmbeddedPostgres, file: Path, whole: bytes) -> None:
    """Put back what was there."""
    with _stopped(server):
        _put(file, whole)


def _file_of(server: EmbeddedPostgres, data_dir: Path, database: str, table: str) -> Path:
    with psycopg.connect(server.url_of(database)) as session:
        row = session.execute("SELECT pg_relation_filepath(%s::regclass)", [table]).fetchone()
    assert row is not None
    return data_dir / "cluster" / str(row[0])


@contextmanager
def _stopped(server: EmbeddedPostgres) -> Iterator[None]:
    server.stop()
    yield
    server.start()


def _put(file: Path, content: bytes) -> None:
    with file.open("r+b") as stream:
        stream.write(content)
