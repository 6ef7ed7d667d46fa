"""Real workers of the recording application, as processes."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis

from grace_workers.adapters.celery import worker_command
from grace_workers.foundation.ids import JobId, uuid7
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.work.doorbells import Doorbell
from tests.waiting import until

ROOT = Path(__file__).parents[3]
RECORDING = "tests.integration.celery.recording_app:app"


def bells(count: int, *, name: str = "test.note", pool: Pool = Pool.HEALING, priority: int = 5) -> list[Doorbell]:
    """Return doorbells of new jobs."""
    return [Doorbell(job_id=JobId(uuid7()), name=name, pool=pool, priority=Priority(priority)) for _ in range(count)]


@contextmanager
def worker(
    broker: str,
    logs: Path,
    *,
    name: str = "one",
    instance: str = "",
    pool: Pool = Pool.HEALING,
    concurrency: int = 2,
    environment: dict[str, str] | None = None,
    app: str = RECORDING,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one worker process; what is left of it at the end is killed."""
    command = worker_command(pool, concurrency, instance=instance or name, app=app)
    variables = {**os.environ, "RECORDING_BROKER": broker, "PYTHONPATH": str(ROOT), **(environment or {})}
    with (logs / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(10)


def started(journal: redis.Redis) -> list[str]:
    """Return the ids of the jobs that started, in order, once per start."""
    return [line.decode().split()[0] for line in journal.lrange("started", 0, -1)]


def ended(journal: redis.Redis) -> Counter[str]:
    """Return how often each job ended."""
    return Counter(line.decode() for line in journal.lrange("ended", 0, -1))


def ready(journal: redis.Redis, queue: str = "healing", workers: int = 1) -> None:
    """Wait until so many idle workers wait for a token."""

    def waiting() -> bool:
        blocked = journal.client_list()
        return sum(client["cmd"] == "brpop" for client in blocked) >= workers

    until(waiting, within=20)


def ids(rung: Sequence[Doorbell]) -> list[str]:
    """Return the job ids as text."""
    return [str(bell.job_id) for bell in rung]
