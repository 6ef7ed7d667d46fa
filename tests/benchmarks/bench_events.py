"""Events: what publishing costs compared with a plain INSERT, and how soon an event can be read.

`python -m tests.benchmarks.bench_events [--quick]`. A real, durable PostgreSQL, the mover as a separate process; ratios
of interleaved rounds in one run.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from grace_workers.adapters.embedded import EmbeddedPostgres
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import uuid7
from grace_workers.orchestration.events.topics.job_ended import DEFINITION as JOB_ENDED
from grace_workers.orchestration.events.topics.job_ended import JobEnded
from tests.benchmarks.machine import machine
from tests.conftest import migrate
from tests.integration.mesh.test_kills import process
from tests.waiting import until

_NUMBER = "number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
_PLAIN = f"CREATE TABLE plain ({_NUMBER}, id uuid, body json, at timestamptz)"
_INSERT = "INSERT INTO plain (id, body, at) VALUES (%s, %s, clock_timestamp())"


def body() -> JobEnded:
    return JobEnded(
        job=uuid7(), name="n", pool="healing", state="dead", priority=5, attempt=3, incident=None, error="it did not"
    )


def rate(act: Callable[[], None], *, writers: int, seconds: float) -> float:
    """Return how often per second `writers` threads together do `act`."""
    counts = [0] * writers
    end = time.monotonic() + seconds

    def write(mine: int) -> None:
        while time.monotonic() < end:
            act()
            counts[mine] += 1

    threads = [threading.Thread(target=write, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def cost(engine: Engine, *, rounds: int, seconds: float) -> None:
    """Print publishing in a transaction of one INSERT, compared with that transaction alone and with two INSERTs."""
    ledger = PostgresLedger(engine)

    def alone() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(_INSERT, (uuid7(), "{}"))

    def twice() -> None:
        text = body().model_dump_json()
        with engine.begin() as connection:
            connection.exec_driver_sql(_INSERT, (uuid7(), "{}"))
            connection.exec_driver_sql(_INSERT, (uuid7(), text))

    def publishing() -> None:
        with ledger.transaction() as tx:
            tx.events._connection.exec_driver_sql(_INSERT, (uuid7(), "{}"))
            tx.events.publish(JOB_ENDED, body())

    found: dict[str, list[float]] = {"alone": [], "twice": [], "publish": []}
    for _ in range(rounds):
        for name, act in (("alone", alone), ("twice", twice), ("publish", publishing)):
            found[name].append(rate(act, writers=8, seconds=seconds))
    for name in ("alone", "twice"):
        ratios = sorted(mine / other for mine, other in zip(found["publish"], found[name], strict=True))
        middle = statistics.median(ratios)
        print(f"publish, 8 writers: {middle:.2f} of an INSERT {name} (spread {ratios[0]:.2f} to {ratios[-1]:.2f})")
    print("  transactions/s:", {name: round(statistics.median(rates)) for name, rates in found.items()})


def latency(engine: Engine, *, count: int) -> None:
    """Print how long after its commit an event could be read, at about 100 events a second."""
    ledger = PostgresLedger(engine)
    until(lambda: not _waiting(engine), within=60)
    with ledger.transaction() as tx:
        position = tx.events.newest(limit=1).upto
    committed: dict[object, float] = {}

    def publish() -> None:
        for _ in range(count):
            with ledger.transaction() as tx:
                made = tx.events.publish(JOB_ENDED, body())
            committed[made] = time.monotonic()
            time.sleep(0.01)

    writer = threading.Thread(target=publish)
    writer.start()
    seen: dict[object, float] = {}
    while len(seen) < count:
        with ledger.transaction() as tx:
            page = tx.events.read(after=position, limit=500)
        now = time.monotonic()
        seen.update({event.id: now for event in page.events})
        position = page.upto
        time.sleep(0.005)
    writer.join()
    waits = sorted(max(seen[one] - at, 0.0) * 1000 for one, at in committed.items())
    quantiles = statistics.quantiles(waits, n=100)
    print(
        f"publish to readable: p50 {quantiles[49]:.0f} ms, p99 {quantiles[98]:.0f} ms, max {waits[-1]:.0f} ms "
        f"({count} events); bar: p99 < 200 ms"
    )


def _waiting(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.exec_driver_sql("SELECT EXISTS (SELECT FROM event_outbox)").scalar())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print(machine())
    with tempfile.TemporaryDirectory(prefix="grace-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url)
            engine = make_engine(server.url, pool_size=12)
            with engine.begin() as connection:
                connection.exec_driver_sql(_PLAIN)
            with process("moving_process.py", server.url, "50"):
                cost(engine, rounds=3 if quick else 7, seconds=1.0 if quick else 3.0)
                latency(engine, count=200 if quick else 2_000)
            engine.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
