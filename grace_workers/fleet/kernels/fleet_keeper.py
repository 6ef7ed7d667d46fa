"""The fleet keeper: this node's membership, and a leader for the fleet."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="fleet_keeper",
    tier=Tier.AUTONOMY,
    needs=("database", "message_bus"),
    process="control",
    readiness=_readiness,
)
