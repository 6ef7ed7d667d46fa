"""The trigger monitor: looks at what the triggers watch, in its rhythm."""

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Tier
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import looked_in_time


def _readiness(probe: Probe) -> Readiness:
    if not probe.runs("beat"):
        return Absent("this node runs no beat; other nodes may")
    return looked_in_time(probe, "triggers")


DEFINITION = Kernel(
    name="trigger_monitor",
    tier=Tier.AUTONOMY,
    needs=("scheduler", "orchestration_pool", "fleet_keeper"),
    critical=False,
    may_pause=True,
    readiness=_readiness,
)
