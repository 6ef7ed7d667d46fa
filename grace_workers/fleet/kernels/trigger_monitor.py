"""The trigger monitor: looks at what the triggers watch, in its cadence."""

from datetime import timedelta

from grace_workers.fleet.kernel import Absent, Kernel, Limited, Readiness, Ready, Tier
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import looked_in_time

_LATER = "the triggers for drift, predicted failure, audit and access violations, which this release does not have yet"


def _readiness(probe: Probe) -> Readiness:
    if not probe.runs("beat"):
        return Absent("this node runs no beat; other nodes may")
    found = looked_in_time(probe, "triggers")
    return Limited(found.seen, _LATER) if isinstance(found, Ready) else found


DEFINITION = Kernel(
    name="trigger_monitor",
    tier=Tier.AUTONOMY,
    needs=("scheduler", "orchestration_pool", "fleet_keeper"),
    critical=False,
    host="beat",
    every=timedelta(seconds=5),
    readiness=_readiness,
)
