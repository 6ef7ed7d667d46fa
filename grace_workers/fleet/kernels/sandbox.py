"""The sandbox for generated or untrusted code."""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("there is no sandbox in this release yet, so no generated code is run at all")


DEFINITION = Kernel(
    name="sandbox",
    tier=Tier.KNOWLEDGE,
    critical=False,
    host="coding",
    every=timedelta(seconds=60),
    readiness=_readiness,
)
