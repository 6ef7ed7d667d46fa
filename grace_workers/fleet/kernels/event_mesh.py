"""The event mesh: what is published arrives."""

from secrets import token_hex

from grace_workers.fleet.kernel import Absent, Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(8)
    got = probe.event_echo(sent)
    if got is None:
        return Absent("there is no event mesh in this release yet")
    if got != sent:
        return Unready(f"a subscriber read {got!r} where {sent!r} was published")
    return Ready("a subscriber read what was published")


DEFINITION = Kernel(
    name="event_mesh",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    may_pause=True,
    readiness=_readiness,
)
