"""Command lines of the processes a node starts: one worker per pool, beat, Flower."""

from collections.abc import Sequence
from pathlib import Path

from grace_workers.adapters.celery import lanes
from grace_workers.adapters.process.spawn import module_argv
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Pool

PROGRAM = "grace_workers.entrypoints.tasks"
APP = "grace_workers.entrypoints.tasks.app:app"
CLOCK = "grace_workers.entrypoints.tasks.app:clock"
MONITOR = "grace_workers.entrypoints.tasks.app:monitor"
# Flower keeps its view in memory and writes all of it each time it saves, in the loop that also answers requests. So it
# keeps few jobs and saves rarely; the ledger has what it forgets.
FLOWER_JOBS, FLOWER_WORKERS = 2_000, 200
FORGET_WORKER_SECONDS = 600
STATE_SAVE_MILLISECONDS = 60_000
# The supervisor's name for one life of a worker; the worker reports it when it is at work.
LIFE_VARIABLE = "GRACE_WORKER_LIFE"


def worker_command(
    pool: Pool, concurrency: int, *, instance: str, express_slots: int = 1, app: str = APP, queues: Sequence[str] = ()
) -> list[str]:
    """Return the argv of one pool's worker process.

    Its express slots are part of the same process: `concurrency` ordinary slots plus `express_slots` that the
    transport reserves for priorities 9 and 10. `queues` replaces the pool's shared two, as `queues_of` gives them.
    """
    names = tuple(queues) or queues_of(pool)
    return [
        *_celery(app),
        "worker",
        "--queues",
        ",".join(names),
        "--pool",
        "prefork" if pool is Pool.CODING else "threads",
        "--concurrency",
        str(concurrency + express_slots),
        "--hostname",
        f"{pool.value}@{instance}",
        # These make each pair of workers exchange messages, and slow the start.
        "--without-gossip",
        "--without-mingle",
    ]


def queues_of(pool: Pool, instance: InstanceName | None = None, *, apart: bool = False) -> Sequence[str]:
    """Return the queues that a worker of the pool reads: the shared ones and, on a named instance, the private one.

    A quarantined instance reads only its private queue.
    """
    shared = () if apart else (lanes.queue_name(pool, express=True), lanes.queue_name(pool))
    return shared if instance is None else (*shared, lanes.private_name(pool, instance))


def beat_command(*, pidfile: Path | None = None, app: str = CLOCK) -> list[str]:
    """Return the argv of beat. Every node may run one; only the leader's fires."""
    return [*_celery(app), "beat", "--pidfile", str(pidfile or "")]


def flower_command(
    *, port: int, database: Path, basic_auth: bool = False, address: str = "127.0.0.1", app: str = MONITOR
) -> list[str]:
    """Return the argv of Flower, whose `database` keeps its newest history, as of a minute before a kill -9.

    Without `basic_auth` it is read-only. Credentials come from the environment (FLOWER_BASIC_AUTH,
    `user:password`), never from the command line, which every user of the machine can read.
    """
    command = [*_celery(app), "flower", f"--address={address}", f"--port={port}", f"--db={database}"]
    command += ["--persistent=True", f"--state_save_interval={STATE_SAVE_MILLISECONDS}"]
    command += [f"--max_tasks={FLOWER_JOBS}", f"--max_workers={FLOWER_WORKERS}"]
    # It would ask every five seconds for events that the workers send anyway, and they refuse such orders.
    command += ["--enable_events=False"]
    command += [f"--purge_offline_workers={FORGET_WORKER_SECONDS}"]
    return command if basic_auth else [*command, "--read_only=True"]


def _celery(app: str) -> list[str]:
    return module_argv(PROGRAM, "--app", app)
