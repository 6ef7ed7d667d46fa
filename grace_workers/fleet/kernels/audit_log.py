"""The audit log: its sealed tail continues what was signed, and sealing keeps up."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="audit_log",
    tier=Tier.FOUNDATION,
    needs=("database",),
    readiness=_readiness,
)
