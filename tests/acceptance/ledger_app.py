"""A Celery application of real parts (ledger, edge, transport) and two jobs that count their starts in a file."""

import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog

from grace_workers.adapters.celery import BrokerConfig, build_app
from grace_workers.adapters.postgres.engine import make_engine
from grace_workers.adapters.postgres.jobs.claimer import PostgresJobClaimer
from grace_workers.adapters.postgres.ledger import PostgresLedger
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.registration import register
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.ports import JobClaimer
from grace_workers.orchestration.stores import Ledger


@dataclass(frozen=True)
class LedgerRuntime:
    ledger: Ledger
    claims: JobClaimer
    instance: InstanceName
    clock: Clock
    tracer: None = None


def count(runtime: LedgerRuntime, claim: Claim) -> Ending:
    """Record the start, then hold the slot until the file `release` exists (at most a minute), if asked to."""
    folder = Path(os.environ["LEDGER_FOLDER"])
    with (folder / "starts").open("a") as starts:
        starts.write(f"{claim.job.id} {claim.attempt} {time.time()}\n")
    if claim.job.payload.get("hold"):
        deadline = time.monotonic() + 60
        while not (folder / "release").exists() and time.monotonic() < deadline:
            threading.Event().wait(0.02)
    return Succeeded(result=claim.attempt)


@cache
def runtime() -> LedgerRuntime:
    """Return this process's runtime."""
    engine = make_engine(os.environ["LEDGER_DATABASE"])
    return LedgerRuntime(
        ledger=PostgresLedger(engine),
        claims=PostgresJobClaimer(engine),
        instance=InstanceName(os.environ["LEDGER_INSTANCE"]),
        clock=SystemClock(),
    )


structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
app = build_app(BrokerConfig(url=os.environ["RECORDING_BROKER"]))
register(app, {**job_functions(), "test.count": count}, runtime, open_jobs={"test.count": frozenset(Pool)})


@app.task(name="plain.noop")
def plain_noop(job_id, **_version):
    """Do nothing, without the ledger: what the benchmark compares with."""
