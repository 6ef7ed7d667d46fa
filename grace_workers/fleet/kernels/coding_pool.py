"""The coding pool's worker on this node."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="coding_pool",
    tier=Tier.AGENTS,
    needs=("message_bus", "database", "governance", "secrets", "hunter", "sandbox"),
    critical=False,
    process="coding",
    may_pause=True,
    readiness=_readiness,
)
