"""The scheduler: one beat of the fleet ticks, and its slots fire in time."""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import fired_in_time


def _readiness(probe: Probe) -> Readiness:
    return fired_in_time(probe) if probe.runs("beat") else Absent("this node runs no beat; other nodes may")


DEFINITION = Kernel(
    name="scheduler",
    tier=Tier.AGENTS,
    needs=("database",),
    process="beat",
    every=timedelta(seconds=2.4),
    readiness=_readiness,
)
