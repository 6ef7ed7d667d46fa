"""Error recognition: raw lines become stable signatures."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="error_recognition",
    tier=Tier.KNOWLEDGE,
    readiness=_readiness,
)
