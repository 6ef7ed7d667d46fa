"""The sandbox for generated or untrusted code."""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("this release has no sandbox yet, so it runs no generated code")


DEFINITION = Kernel(
    name="sandbox",
    tier=Tier.KNOWLEDGE,
    critical=False,
    host="coding",
    every=timedelta(seconds=60),
    readiness=_readiness,
)
