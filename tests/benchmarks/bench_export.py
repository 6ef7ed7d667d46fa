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


def grace(folder: Path, url: str, *arguments: str) -> tuple[float, float]:
    """Run a command; return the seconds it took, and those of a processor that it used."""
    environment = {**os.environ, "GRACE_DATABASE__URL": url, "GRACE_BROKER__URL": "redis://127.0.0.1:9"}
    began, spent = time.perf_counter(), _spent()
    subprocess.run(
        [sys.executable, "-m", "grace_workers", *arguments],
        check=True,
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - began, _spent() - spent


def _spent() -> float:
    """Return the processor time of all commands so far; the server's is not in it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    for what, (took, used) in {
        "written": wrote,
        "written as JSON Lines": lines,
        "written as Parquet": parquet,
        "verified": checked,
        "restored": restored,
    }.items():
        print(
            f"{what}: {rows / took:,.0f} rows/s, {rows / used:,.0f} per second of its own processor time (bar 50,000)"
        )
    print(f"the archive has {size:.1f} MB")
    print(f"peak memory: {peak:.0f} MB (bar 128); with Parquet {widest:.0f} MB")


if __name__ == "__main__":
    main()
