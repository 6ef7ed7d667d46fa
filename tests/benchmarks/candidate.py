"""A process that seeks the lead and uses it: `python -m tests.benchmarks.candidate DATABASE NAME`.

The lease, the schedule and beat's scheduling are the product's own. It also records its acts in `bench_acts`, each in a
transaction that confirms the lead as every act of a leader does.
"""

import sys
import threading
from datetime import timedelta

from sqlalchemy import Engine, text

from grace_workers.adapters.celery.scheduler import Clockwork
from grace_workers.adapters.postgres.engine import make_engine, translated
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.jobs.schedule import PostgresSchedule
from grace_workers.cycles import Missed
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import FencedError, Pool
from grace_workers.orchestration.work.schedule import ScheduleEntry

TURN = 0.02
ENTRY = ScheduleEntry(
    name="tick", every=timedelta(milliseconds=250), job="system.noop", pool=Pool.ORCHESTRATION, missed=Missed.ALL
)
MADE = "CREATE TABLE IF NOT EXISTS bench_acts (holder text, epoch bigint, at timestamptz)"
ACT = text("INSERT INTO bench_acts VALUES (:holder, :epoch, clock_timestamp())")


def act(engine: Engine, lease: LeaderLease, name: str) -> None:
    try:
        with translated(), engine.begin() as connection:
            lease.confirm(connection)
            connection.execute(ACT, {"holder": name, "epoch": lease.lease.epoch})
    except (FencedError, TransientError):
        return


def main(database: str, name: str) -> None:
    engine = make_engine(database, application=name, pool_size=4)
    lease = LeaderLease(engine, InstanceName(name))
    clockwork = Clockwork(
        [ENTRY], PostgresSchedule(engine, lease.confirm), leading=lease.is_leading, clock=SystemClock()
    )
    never = threading.Event()
    threading.Thread(target=lease.hold_loop, args=(never,), daemon=True).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if lease.is_leading():
            act(engine, lease, name)
        never.wait(min(TURN, clockwork.turn(TURN)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
