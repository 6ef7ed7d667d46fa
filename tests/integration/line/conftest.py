"""A whole line over real PostgreSQL and a real service process, without Celery: jobs are run here, one by one."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from grace_workers.bootstrap.runtime import Runtime, open_runtime
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.edge import Ring, attend
from grace_workers.orchestration.job import JobState
from grace_workers.settings import BrokerSettings, DatabaseSettings, LineSettings, Settings, TargetSettings

SERVICE = textwrap.dedent(
    """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(0.05)
    """
)


@pytest.fixture
def settings(database_url: str, broker_url: str, tmp_path: Path) -> Settings:
    """Settings with one service process, ours and someone else's, and a cache folder."""
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    (tmp_path / "cache").mkdir()

    def process(name: str, owner: str) -> TargetSettings:
        connection = {"command": [sys.executable, str(script)], "pid_file": str(tmp_path / f"{name}.pid")}
        return TargetSettings(name=name, kind="process", owner=owner, connection=connection)

    return Settings(
        data_dir=tmp_path / "data",
        instance="here",
        database=DatabaseSettings(url=SecretStr(database_url)),
        broker=BrokerSettings(url=SecretStr(broker_url)),
        line=LineSettings(),
        targets=(process("shop", "internal"), process("partner", "external")),
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """The parts of a process, registered as a live instance."""
    from grace_workers.adapters.postgres.fleet.instances import PostgresInstances

    made = open_runtime(settings)
    PostgresInstances(made.engine).register(made.instance, pools=["healing", "orchestration"])
    yield made
    made.close()


def work(runtime: Runtime, *, most: int = 50) -> int:
    """Run every due job until none is left; return how many were run."""
    done = 0
    while done < most:
        with runtime.ledger.transaction() as tx:
            now = runtime.clock.now()
            queued = [one for one in tx.jobs.find(state=JobState.QUEUED) if not one.not_before or one.not_before <= now]
        if not queued:
            return done
        for job in queued:
            attend(runtime, job_functions(), Ring(job_id=str(job.id)))
            done += 1
    raise AssertionError(f"still work after {most} jobs")
