"""The instance: a node of the fleet, its health, and when it counts as dead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.foundation.ids import InstanceName

HEARTBEAT_EVERY = timedelta(milliseconds=500)
DEAD_AFTER = timedelta(seconds=2)


class Health(StrEnum):
    """healthy: works. quarantined: stopped consuming, under treatment. draining: leaving cleanly."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    QUARANTINED = "quarantined"
    DRAINING = "draining"

    @property
    def consumes(self) -> bool:
        """Whether the instance takes new jobs."""
        return self in {Health.HEALTHY, Health.DEGRADED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One registered node. `epoch` counts the registrations of its name; times are the database's."""

    name: InstanceName
    epoch: int
    pools: Sequence[str]
    roles: Sequence[str]
    health: Health
    score: float
    registered_at: datetime
    heartbeat_at: datetime
    died_at: datetime | None = None
    left_at: datetime | None = None

    @property
    def in_fleet(self) -> bool:
        """Whether it has neither been declared dead nor left."""
        return self.died_at is None and self.left_at is None


def is_overdue(instance: Instance, now: datetime, *, dead_after: timedelta = DEAD_AFTER) -> bool:
    """Tell whether `instance` is in the fleet but has been silent for too long, by the database's `now`."""
    return instance.in_fleet and now - instance.heartbeat_at > dead_after


def may_judge(steady_for: timedelta, *, dead_after: timedelta = DEAD_AFTER) -> bool:
    """Tell whether a judge that has reached the database without a break for `steady_for` may declare anyone dead.

    After an outage every heartbeat looks late; whoever lives needs a moment to send the next one.
    """
    return steady_for > dead_after
