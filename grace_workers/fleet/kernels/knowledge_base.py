"""The knowledge base: known signatures lead to their remedies."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="knowledge_base",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    may_pause=True,
    readiness=_readiness,
)
