"""The audit log's bars: python -m tests.benchmarks.bench_audit [--quick]. Prints ratios; asserts nothing.

Append with a live sealer against the same client's plain INSERT, time from made to sealed, verification against hashing
the same rows in memory, and random mutations. Servers come from the embedded wheels, on the disk of the temporary
folder.
"""

import argparse
import json
import multiprocessing
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg
from sqlalchemy import create_engine

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import PostgresAuditAppender, Sealer
from grace_workers.adapters.postgres.migrate import upgrade
from grace_workers.audit import (
    Entry,
    Frontier,
    StreamPosition,
    Tampered,
    commitment,
    exit_code,
    leaf_hash,
    link,
)
from grace_workers.audit import write as envelope
from tests.unit.audit.logs import build
from tests.unit.audit.mutations import mutate

ROOT = Path(__file__).parents[2]
WRITERS = 8
SPAN, GAP = 1.0, 0.6
SETTLED, LIVE = 3.0, 5.0
TURNS = ("constant", "plain", "audited")
PLAIN = "INSERT INTO plain (entry, data, salt) VALUES (%s, %s, %s)"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer entries, shorter runs")
    parser.add_argument("--seal", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.seal:
        seal_forever(*told.seal)
    else:
        measure(pairs=5 if told.quick else 15, rows=100_000 if told.quick else 1_000_000, quick=told.quick)


def measure(*, pairs: int, rows: int, quick: bool) -> None:
    mutations(1_000 if quick else 10_000)
    folder = Path(tempfile.mkdtemp(prefix="grace-bench-"))
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    try:
        upgrade(server.url, ROOT / "migrations")
        keys = FileSealingKeys(folder / "keys")
        keys.create("bench.example")
        appends(server.url, folder, pairs)
        fill(server.url, folder, rows)
        verification(server.url, folder)
    finally:
        server.stop()


def mutations(count: int) -> None:
    honest, chance = build(600, every=50), random.Random(1)
    missed = wrong = 0
    for _ in range(count):
        changed, seq = mutate(honest, chance)
        found = changed.verify()
        missed += exit_code(found) == 0
        wrong += seq is not None and not (isinstance(found, Tampered) and found.seq == seq)
    print(f"mutations: {count}, missed {missed} (bar 0), first bad entry named wrongly {wrong} (bar 0)")


def appends(url: str, folder: Path, pairs: int) -> None:
    """Let eight processes write by turns, a second each, so that all meet the same conditions.

    The plain peer makes and inserts the same entry without tamper evidence, as an ordinary audit table does; its
    rows are as long. The constant one inserts the same bytes repeatedly, which shows what making an entry costs at
    all.
    """
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE TABLE plain (LIKE audit_inbox INCLUDING ALL)")
    sealer = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.bench_audit", "--seal", url, str(folder)])
    context = multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    gate = context.Barrier(WRITERS + 1)
    writers = [context.Process(target=write, args=(url, gate, pairs, results)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    gate.wait()
    begin = time.time() + 0.5
    for turn in range(pairs * len(TURNS)):
        time.sleep(max(0.0, begin + turn * (SPAN + GAP) - GAP / 4 - time.time()))
        # Its polling would slow the plain inserts too.
        sealer.send_signal(signal.SIGCONT if TURNS[turn % len(TURNS)] == "audited" else signal.SIGSTOP)
    # The time until an entry is sealed is measured afterwards, with a sealer that is never stopped.
    time.sleep(max(0.0, begin + pairs * len(TURNS) * (SPAN + GAP) - GAP / 4 - time.time()))
    sealer.send_signal(signal.SIGCONT)
    done = [results.get() for _ in writers]
    for writer in writers:
        writer.join()
    until_sealed(url)
    sealer.terminate()
    sealer.wait()
    rates = [sum(each) / SPAN for each in zip(*(made for _, made in done), strict=True)]
    constant, plain, audited = (rates[place :: len(TURNS)] for place in range(len(TURNS)))
    print(f"append: plain {median(plain):,.0f}/s, audited with a live sealer {median(audited):,.0f}/s")
    for name, peer in (("plain INSERT", plain), ("INSERT of constant bytes", constant)):
        ratios = sorted(one / other for one, other in zip(audited, peer, strict=True))
        print(f"append / {name}: {median(ratios):.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f} of {pairs} (bar 0.85)")
    lags(url, max(since for since, _ in done))


def lags(url: str, since: float) -> None:
    with psycopg.connect(url) as session:
        (lag,) = session.execute(
            "SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM l.sealed_at) * 1000 - "
            "extract(epoch FROM (l.entry ->> 'ts')::timestamptz) * 1000) FROM audit_log l"
            " WHERE (l.entry ->> 'ts')::timestamptz > to_timestamp(%s)",
            (since,),
        ).fetchone()
    print(f"made to sealed: p50 {lag[0]:.0f} ms, p99 {lag[1]:.0f} ms (bar 150)")


def until_sealed(url: str) -> None:
    while count(url, "audit_inbox"):
        time.sleep(0.05)


def write(url: str, gate, pairs: int, results) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    turns = [constant_one(engine), plain_one(engine), audited_one(engine)]
    done = []
    for append in turns:
        append()
    gate.wait()
    begin = time.time() + 0.5
    for turn in range(pairs * len(turns)):
        append, made = turns[turn % len(turns)], 0
        time.sleep(max(0.0, begin + turn * (SPAN + GAP) - time.time()))
        end = begin + turn * (SPAN + GAP) + SPAN
        while time.time() < end:
            append()
            made += 1
        done.append(made)
    since = begin + pairs * len(turns) * (SPAN + GAP) + SETTLED
    time.sleep(max(0.0, since - time.time()))
    while time.time() < since + LIVE:
        turns[-1]()
    results.put((since, done))


def audited_one(engine) -> Callable[[], None]:
    def one() -> None:
        with engine.begin() as connection:
            PostgresAuditAppender(connection).append(sample())

    return one


def plain_one(engine) -> Callable[[], None]:
    def one() -> None:
        data = json.dumps({"took": 0.25, "pool": "healing"})
        fields = {
            "id": str(uuid4()),
            "ts": datetime.now(UTC).isoformat(),
            "actor": "worker:1",
            "action": "job.finished",
            "subject": "job:0199a5f0-0000-7000-8000-000000000000",
            "incident": None,
            "outcome": "ok",
            "digest": sha256(data.encode()).hexdigest(),
            "padding": "x" * 110,
        }
        with engine.begin() as connection:
            connection.exec_driver_sql(PLAIN, (json.dumps(fields), data, b"0" * 16))

    return one


def constant_one(engine) -> Callable[[], None]:
    written = envelope(sample(), StreamPosition.fresh())
    row = (written.envelope.decode(), written.data.decode(), written.salt)

    def one() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(PLAIN, row)

    return one


def sample() -> Entry:
    return Entry(
        at=datetime.now(UTC),
        actor="worker:1",
        action="job.finished",
        subject="job:0199a5f0-0000-7000-8000-000000000000",
        data={"took": 0.25, "pool": "healing"},
    )


def fill(url: str, folder: Path, rows: int) -> None:
    """Bring the log to `rows` entries, many to a transaction."""
    sealer = Sealer(url, FileSealingKeys(folder / "keys"), [FileAnchor(folder / "anchors")])
    missing = rows - count(url, "audit_log")
    streams = [StreamPosition.fresh() for _ in range(WRITERS)]
    started = time.monotonic()
    with psycopg.connect(url, autocommit=True) as session:
        while missing > 0:
            with session.cursor().copy("COPY audit_inbox (entry, data, salt) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["bytea", "bytea", "bytea"])
                for place in range(min(missing, 5_000)):
                    written = envelope(sample(), streams[place % WRITERS])
                    streams[place % WRITERS] = streams[place % WRITERS].after(written.envelope)
                    copy.write_row((written.envelope, written.data, written.salt))
            missing -= 5_000
            sealer.seal_once()
    print(f"filled to {count(url, 'audit_log'):,} entries in {time.monotonic() - started:.0f} s")
    sealer.close()


def verification(url: str, folder: Path) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM ANALYZE audit_log")
    ratios, work = [], []
    for _ in range(3):
        limit, hashing = in_memory(url)
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.audit_verifier", url, str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        rate, cpu, megabytes = map(float, done.stdout.split())
        ratios.append(rate / limit)
        work.append(hashing / cpu)
        print(f"verify: {rate:,.0f} entries/s, in-memory hashing {limit:,.0f}/s, ratio {rate / limit:.2f}")
    print(f"verify ratio: median {median(ratios):.2f} (bar 0.4), by its processor time {median(work):.2f}")
    print(f"verify memory at {count(url, 'audit_log'):,} entries: {megabytes:.0f} MB (bar 64)")


def in_memory(url: str) -> tuple[float, float]:
    """Hash leaf, chain, tree and details of rows in memory; return entries per second and processor us per entry."""
    with psycopg.connect(url) as session:
        query = "SELECT seq, entry::text, data::text, salt FROM audit_log ORDER BY seq LIMIT 100000"
        rows = [(seq, one.encode(), two.encode(), salt) for seq, one, two, salt in session.execute(query)]
    best, least = 0.0, float("inf")
    for _ in range(3):
        started, spent, chain, tree = time.perf_counter(), time.process_time(), bytes(32), Frontier()
        leaves = []
        for seq, entry, data, salt in rows:
            leaf = leaf_hash(entry)
            chain = link(seq, chain, leaf)
            commitment(salt, data)
            leaves.append(leaf)
        tree.extend(leaves)
        best = max(best, len(rows) / (time.perf_counter() - started))
        least = min(least, (time.process_time() - spent) / len(rows) * 1e6)
    return best, least


def seal_forever(url: str, folder: str) -> None:
    import threading

    path = Path(folder)
    Sealer(url, FileSealingKeys(path / "keys"), [FileAnchor(path / "anchors")]).run(threading.Event())


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as session:
        return int(session.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


if __name__ == "__main__":
    main()
