"""The secrets of this node: there, strong, private."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="secrets",
    tier=Tier.FOUNDATION,
    readiness=_readiness,
)
