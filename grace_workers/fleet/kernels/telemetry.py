"""Telemetry: keeps how the fleet does, and shows it."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    del probe
    return Absent("its self-test is not written yet")


DEFINITION = Kernel(
    name="telemetry",
    tier=Tier.AUTONOMY,
    needs=("scheduler", "orchestration_pool"),
    critical=False,
    may_pause=True,
    readiness=_readiness,
)
