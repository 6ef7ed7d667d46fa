"""Governance: decides samples under the policy in force as it must."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="governance",
    tier=Tier.FOUNDATION,
    needs=("audit_log",),
    readiness=_readiness,
)
