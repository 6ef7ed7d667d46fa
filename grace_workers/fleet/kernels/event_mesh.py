"""The event mesh: published events can be read, and soon."""

from datetime import timedelta
from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.lease import LEADER
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import spoken

READABLE_WITHIN = timedelta(seconds=5)


def _readiness(probe: Probe) -> Readiness:
    found = probe.database.mesh()
    late = found.oldest_waits > READABLE_WITHIN
    waits = f"an event has waited for {spoken(found.oldest_waits)} to become readable"
    # A node that leads also gives events their positions; while a fleet comes up, no node does.
    moves = probe.database.lease_held(LEADER)
    if late and moves:
        return Unready(waits)
    seen = f"the log is at position {found.newest}"
    if probe.thorough:
        sent, seen = token_hex(8), "an event was published and read back"
        got = probe.events.echo(sent, move=not moves)
        if got != sent:
            return Unready(f"a reader of the log found {got!r} where {sent!r} was published")
    return Limited(seen, f"a node that leads: {waits}") if late else Ready(seen)


DEFINITION = Kernel(
    name="event_mesh",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    host="control",
    every=timedelta(seconds=3),
    readiness=_readiness,
)
