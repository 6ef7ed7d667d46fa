"""The instance: a node of the fleet, its health, and when it counts as dead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.fleet.role import NodeRole
from grace_workers.fleet.score import ScorePart
from grace_workers.foundation.ids import InstanceName

HEARTBEAT_EVERY = timedelta(milliseconds=500)
DEAD_AFTER = timedelta(seconds=2)
_NONE = timedelta(0)


class InstanceHealth(StrEnum):
    """healthy, degraded: take jobs. quarantined -> repairing -> validating -> healthy or retired. draining: leaves."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    QUARANTINED = "quarantined"
    REPAIRING = "repairing"
    VALIDATING = "validating"
    RETIRED = "retired"
    DRAINING = "draining"

    @property
    def consumes(self) -> bool:
        """Whether the instance takes new jobs."""
        return self in {InstanceHealth.HEALTHY, InstanceHealth.DEGRADED}

    @property
    def apart(self) -> bool:
        """Whether the instance is kept from the fleet's work until it has been validated."""
        return self in {
            InstanceHealth.QUARANTINED,
            InstanceHealth.REPAIRING,
            InstanceHealth.VALIDATING,
            InstanceHealth.RETIRED,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One registered node. `epoch` counts the registrations of its name; times and spans are by the database's clock.

    `home` distinguishes two nodes of one name. `silent_for` is the age of the last heartbeat, `health_for` the time
    in the current health, `drain_left` the time a draining node still has. `held` means that a person quarantined
    it, so only a person lets it back. `attempts` counts validations that failed since `quarantined_at`.
    """

    name: InstanceName
    epoch: int
    pools: Sequence[str]
    roles: Sequence[str]
    health: InstanceHealth
    score: float
    registered_at: datetime
    heartbeat_at: datetime
    died_at: datetime | None = None
    left_at: datetime | None = None
    home: str | None = None
    parts: Sequence[ScorePart] = ()
    reason: str | None = None
    held: bool = False
    attempts: int = 0
    quarantined_at: datetime | None = None
    retired_at: datetime | None = None
    silent_for: timedelta = _NONE
    health_for: timedelta = _NONE
    drain_left: timedelta | None = None

    @property
    def in_fleet(self) -> bool:
        """Whether it has neither been declared dead nor left."""
        return self.died_at is None and self.left_at is None

    @property
    def duties(self) -> frozenset[str]:
        """What the fleet loses with it: its pools and roles."""
        return frozenset(self.pools) | frozenset(self.roles)


def is_overdue(instance: Instance, *, dead_after: timedelta = DEAD_AFTER) -> bool:
    """Return whether `instance` is in the fleet but has been silent for too long, by the database's clock."""
    return instance.in_fleet and instance.silent_for > dead_after


def is_serving(instance: Instance) -> bool:
    """Return whether `instance` is in the fleet, was heard of recently, and takes jobs."""
    return instance.in_fleet and not is_overdue(instance) and instance.health.consumes


class Standby(StrEnum):
    """How an instance that does not lead stands by: at work on the queues meanwhile, or only waiting."""

    HOT = "hot"
    WARM = "warm"


def standby_of(instance: Instance) -> Standby | None:
    """Return how an instance could take the lead; None when it could not."""
    if NodeRole.CONTROL not in instance.roles or not is_serving(instance):
        return None
    return Standby.HOT if instance.pools else Standby.WARM


def may_judge(steady_for: timedelta, *, dead_after: timedelta = DEAD_AFTER) -> bool:
    """Return whether a judge that has reached the database without a break for `steady_for` may declare instances dead.

    After an outage every heartbeat looks late, and living nodes need a moment to send the next one.
    """
    return steady_for > dead_after
