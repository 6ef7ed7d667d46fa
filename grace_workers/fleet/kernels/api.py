"""The HTTP API of this node."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="api",
    tier=Tier.AGENTS,
    needs=("database", "secrets"),
    process="api",
    readiness=_readiness,
)
