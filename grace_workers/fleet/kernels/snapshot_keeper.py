"""The snapshot keeper: gives back what it was given, or refuses."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="snapshot_keeper",
    tier=Tier.AUTONOMY,
    needs=("database",),
    readiness=_readiness,
)
