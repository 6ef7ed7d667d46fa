"""Jobs: consume with and without the ledger, submit through the relay, and the wait of an urgent job.

`python -m tests.benchmarks.bench_jobs [--quick]`. Real PostgreSQL, Valkey and worker processes; ratios in one run.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from grace_workers.adapters.celery import DoorbellPublisher, lanes
from grace_workers.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.fleet.instances import PostgresInstances
from grace_workers.adapters.postgres.jobs.relay import Relay
from grace_workers.adapters.postgres.jobs.ringing import Ringer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.foundation.ids import InstanceName, JobId, uuid7
from grace_workers.orchestration.job import URGENT, Job, JobRequest, JobState, Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell
from tests.benchmarks.machine import machine
from tests.conftest import migrate
from tests.integration.celery.fleet import worker
from tests.waiting import until

APP = "tests.acceptance.ledger_app:app"
STOCK = "tests.benchmarks.stock_app:app"
LOW = Priority(1)
QUEUE = Pool.ORCHESTRATION


@dataclass
class Bench:
    """The servers and their clients."""

    database: str
    broker: str
    folder: Path

    def __post_init__(self) -> None:
        self.engine = make_engine(self.database)
        self.doorbells = DoorbellPublisher(self.broker)
        self.ringer = Ringer(self.engine, self.doorbells)
        self.quiet = PostgresLedger(self.engine)
        self.ledger = PostgresLedger(self.engine, ringer=self.ringer)
        self.relay = Relay(self.engine, self.doorbells)
        self.client = redis.Redis.from_url(self.broker)
        instances = PostgresInstances(self.engine)
        me = instances.register(InstanceName("bench"), pools=[QUEUE.value])
        self.stop = threading.Event()

        def beat() -> None:
            while not self.stop.wait(0.5):
                instances.heartbeat(me)

        self.heart = threading.Thread(target=beat, daemon=True)
        self.heart.start()

    def close(self) -> None:
        self.stop.set()
        self.heart.join()
        self.ringer.close()
        self.doorbells.close()
        self.engine.dispose()

    def submit(self, count: int, *, name: str = "system.noop", priority: Priority = LOW, seconds: float = 0) -> None:
        payload = {"seconds": seconds} if seconds else {}
        for start in range(0, count, 500):
            batch = [
                JobRequest(name=name, pool=QUEUE, priority=priority, payload=payload)
                for _ in range(min(500, count - start))
            ]
            with self.quiet.transaction() as transaction:
                transaction.jobs.submit(batch)

    def urgent(self) -> Job:
        with self.ledger.transaction() as transaction:
            (job,) = transaction.jobs.submit([JobRequest(name="system.noop", pool=QUEUE, priority=URGENT)])
        return job

    def ring_all(self) -> int:
        rung = 0
        while batch := self.relay.pass_once():
            rung += batch
        return rung

    def waiting(self) -> int:
        """Return how many wait or are held; what is taken between the two reads counts twice."""
        queued = sum(self.doorbells.depths().values())
        return queued + sum(int(self.client.hlen(key)) for key in (lanes.LEASED_KEY, "unacked"))

    def ring_plain(self, count: int) -> None:
        """Ring for tasks that do nothing and have no job in the ledger."""
        bells = [Doorbell(job_id=JobId(uuid7()), name="plain.noop", pool=QUEUE, priority=LOW) for _ in range(count)]
        self.doorbells.ring(bells)

    def wait_of(self, job: Job) -> float:
        """Return the milliseconds between submission and start, by the database's clock."""

        def started() -> Job | None:
            with self.quiet.transaction() as transaction:
                now = transaction.jobs.get(job.id)
            return now if now.state is JobState.SUCCEEDED else None

        done = until(started, within=30, every=0.01)
        return (done.started_at - done.submitted_at).total_seconds() * 1000

    @contextmanager
    def worker(self, concurrency: int, app: str = APP) -> Iterator[None]:
        environment = {
            "LEDGER_DATABASE": self.database,
            "LEDGER_INSTANCE": "bench",
            "LEDGER_FOLDER": str(self.folder),
        }
        with worker(
            self.broker,
            self.folder,
            name="bench",
            pool=QUEUE,
            concurrency=concurrency,
            environment=environment,
            app=app,
        ):
            yield

    def clear(self) -> None:
        with psycopg.connect(self.database, autocommit=True) as session:
            session.execute("DELETE FROM jobs")
        self.client.flushdb()


def consume_rate(bench: Bench, count: int, app: str = APP) -> float:
    """Return jobs per second from a tenth of the backlog to its end, with eight threads."""
    with bench.worker(concurrency=8, app=app):
        until(lambda: bench.waiting() <= count * 0.9, within=120, every=0.005)
        left, began = bench.waiting(), time.monotonic()
        until(lambda: bench.waiting() == 0, within=300, every=0.02)
        return left / (time.monotonic() - began)


def consume(bench: Bench, count: int, rounds: int) -> None:
    """Print the rate of no-op jobs, and of no-op tasks without a ledger: on stock Celery, and on ours.

    All three run in turns, because the machine's other work affects them equally only while they are close
    together.
    """
    rates: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        bench.ring_plain(count)
        stock = consume_rate(bench, count, STOCK)
        bench.clear()  # Celery's own transport holds a message in no key for a moment, and may have been killed in it
        bench.ring_plain(count)
        bare = consume_rate(bench, count)
        bench.submit(count)
        bench.ring_all()
        rates.append((consume_rate(bench, count), stock, bare))
        bench.clear()
    ledger, stock, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"consume, no-op, threads c8, {rounds} rounds: {ledger:.0f}/s with the ledger")
    print(f"  against the same Celery, {stock:.0f}/s: {_ratios([one / two for one, two, _ in rates])} (bar 0.70)")
    print(f"  against our transport alone, {bare:.0f}/s: {_ratios([one / two for one, _, two in rates])}")


def _ratios(ratios: Sequence[float]) -> str:
    ordered = sorted(ratios)
    return f"ratio median {statistics.median(ordered):.2f}, {ordered[0]:.2f} to {ordered[-1]:.2f}"


def submit(bench: Bench, count: int) -> None:
    """Print the rate of submitting in batches of 500 and ringing through the relay."""
    began = time.monotonic()
    bench.submit(count)
    submitted = time.monotonic() - began
    rung = bench.ring_all()
    whole = time.monotonic() - began
    print(f"submit: {count / submitted:.0f} jobs/s into the ledger, {rung / (whole - submitted):.0f}/s relay", end="")
    print(f" -> {rung / whole:.0f} jobs/s through the relay (bar 1500)")
    bench.clear()


def urgent_wait(bench: Bench, backlog: int, probes: int) -> None:
    """Print how long an urgent job waits behind a backlog, with its slot free and with all slots on long jobs."""
    for title, seconds, bar in (("a free slot", 0.05, 50), ("all slots on long jobs", 300.0, 100)):
        bench.submit(backlog, name="system.sleep", seconds=seconds)
        bench.ring_all()
        with bench.worker(concurrency=4):
            until(lambda: int(bench.client.hlen(lanes.LEASED_KEY)) >= 4, within=30)
            waits = []
            for _ in range(probes):
                waits.append(bench.wait_of(bench.urgent()))
                threading.Event().wait(0.02)
        print(f"priority 10 behind {backlog} low, {title}: {_quantiles(waits)} (bar p99 {bar} ms)")
        bench.clear()


def _quantiles(waits: Sequence[float]) -> str:
    ordered = sorted(waits)
    return f"p50 {ordered[len(ordered) // 2]:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller counts, about a minute")
    quick = parser.parse_args().quick
    print(machine())
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True))
        )
        postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
        postgres.start()
        stack.callback(postgres.stop)
        valkey.start()
        stack.callback(valkey.stop)
        migrate(postgres.url)
        bench = Bench(database=postgres.url, broker=valkey.url, folder=folder)
        stack.callback(bench.close)
        submit(bench, 3_000 if quick else 20_000)
        consume(bench, 3_000 if quick else 4_000, 3 if quick else 7)
        urgent_wait(bench, 5_000 if quick else 100_000, 50 if quick else 200)


if __name__ == "__main__":
    main()
