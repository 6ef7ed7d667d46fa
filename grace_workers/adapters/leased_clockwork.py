"""Beat's scheduling, by a lease and a schedule in the database."""

import os
import threading
from collections.abc import Sequence

from sqlalchemy import Engine

from grace_workers.adapters.celery.scheduler import Clockwork
from grace_workers.adapters.postgres.clock import DatabaseClock
from grace_workers.adapters.postgres.fleet.leader import LeaderLease
from grace_workers.adapters.postgres.jobs.schedule import PostgresSchedule
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.work.schedule import ScheduleEntry


def leased_clockwork(engine: Engine, instance: InstanceName, schedule: Sequence[ScheduleEntry]) -> Clockwork:
    """Return beat's scheduling. A thread of this process keeps its lease, because only one beat of the fleet runs."""
    lease = LeaderLease(engine, InstanceName(f"{instance}:{os.getpid()}"), name="beat")
    threading.Thread(target=lease.hold_loop, args=(threading.Event(),), name="lease", daemon=True).start()
    return Clockwork(
        schedule, PostgresSchedule(engine, lease.confirm), leading=lease.is_leading, clock=DatabaseClock(engine)
    )
