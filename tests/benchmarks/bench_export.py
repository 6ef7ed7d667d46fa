"""A database as a file: how fast it is written and restored, and in how much memory.

`python -m tests.benchmarks.bench_export [--quick]`. A real PostgreSQL, jobs of about 400 bytes, and the real command
line in a process of its own, whose start counts.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.benchmarks.machine import machine
from tests.conftest import migrate

_FILL = """
INSERT INTO jobs
    (id, name, pool, payload, priority, state, max_attempts, audited, due_at, submitted_at, ended_at, result)
SELECT gen_random_uuid(), 'incident.advance', 'healing', json_build_object('incident', gen_random_uuid()), 5,
    'succeeded', 5, true, now(), now(), now(), json_build_object('told', repeat(md5(n::text), 4))
FROM generate_series(1, %s) n
"""


def grace(folder: Path, url: str, *arguments: str) -> float:
    """Run a command; return the seconds it took."""
    environment = {**os.environ, "GRACE_DATABASE__URL": url, "GRACE_BROKER__URL": "redis://127.0.0.1:9"}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "grace_workers", *arguments],
        check=True,
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    rows = 40_000 if parser.parse_args().quick else 400_000
    print(machine())
    with tempfile.TemporaryDirectory() as place:
        server = EmbeddedPostgres(Path(place) / "postgres")
        server.start()
        try:
            measure(server, Path(place), rows)
        finally:
            server.stop()


def measure(server: EmbeddedPostgres, folder: Path, rows: int) -> None:
    """Write, verify and restore an archive."""
    for name in ("fleet", "fresh"):
        with psycopg.connect(server.url, autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name}")
        migrate(server.url_of(name))
    with psycopg.connect(server.url_of("fleet")) as session:
        session.execute(_FILL, [rows])
    wrote = grace(folder, server.url_of("fleet"), "export", "fleet.zip", "--json")
    checked = grace(folder, server.url_of("fleet"), "import", "fleet.zip", "--verify", "--json")
    restored = grace(folder, server.url_of("fresh"), "import", "fleet.zip", "--json")
    lines = grace(folder, server.url_of("fleet"), "export", "jsonl.zip", "--as", "jsonl", "--json")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    parquet = grace(folder, server.url_of("fleet"), "export", "parquet.zip", "--as", "parquet", "--json")
    widest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    size = (folder / "fleet.zip").stat().st_size / 1e6
    print(f"written:  {rows / wrote:,.0f} rows/s (bar 50,000), {size:.1f} MB")
    print(f"written as JSON Lines: {rows / lines:,.0f} rows/s, as Parquet: {rows / parquet:,.0f} rows/s")
    print(f"verified: {rows / checked:,.0f} rows/s")
    print(f"restored: {rows / restored:,.0f} rows/s")
    print(f"peak memory: {peak:.0f} MB (bar 128); with Parquet {widest:.0f} MB")


if __name__ == "__main__":
    main()
