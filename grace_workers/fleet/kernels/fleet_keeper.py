"""The fleet keeper: this node's membership, and a leader for the fleet."""

from datetime import timedelta

from grace_workers.fleet.instance import DEAD_AFTER
from grace_workers.fleet.kernel import Absent, Kernel, Limited, Readiness, Ready, RestartPolicy, Tier, Unready
from grace_workers.fleet.lease import LEADER
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    if not probe.runs("control"):
        return Absent("this node runs no control process, so it is not a member of the fleet")
    found = probe.database.member()
    if found is None:
        return Unready(f"{probe.instance} never registered with the fleet")
    if not found.in_fleet:
        return Unready(f"{probe.instance} was declared dead or has left the fleet")
    if found.silent_for > DEAD_AFTER:
        return Unready(f"{probe.instance} has been silent for {found.silent_for.total_seconds():.1f} s")
    return _led(probe, f"{probe.instance} beats, {found.health}")


def _led(probe: Probe, seen: str) -> Readiness:
    if probe.database.lease_held(LEADER):
        return Ready(f"{seen}; a node leads the fleet")
    if probe.runs("beat"):
        return Unready("no node leads the fleet")
    return Limited(seen, "a leader; this node cannot lead")


DEFINITION = Kernel(
    name="fleet_keeper",
    tier=Tier.AUTONOMY,
    needs=("database", "message_bus"),
    process="control",
    # Without it the node is declared dead after two seconds, and its jobs are given to others.
    restart=RestartPolicy(longest=timedelta(seconds=2)),
    readiness=_readiness,
)
