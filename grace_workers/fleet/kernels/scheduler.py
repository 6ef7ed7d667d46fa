"""The scheduler: one beat of the fleet ticks, and its slots fire in time."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="scheduler",
    tier=Tier.AGENTS,
    needs=("database",),
    process="beat",
    readiness=_readiness,
)
