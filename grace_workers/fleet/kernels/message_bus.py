"""The broker: carries doorbells to the pools."""

from datetime import timedelta
from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Limited, Readiness, Ready, RestartPolicy, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(8)
    got = probe.broker.echo(sent)
    if got != sent:
        return Unready(f"the broker returned {got!r} for {sent!r}")
    if not probe.broker.has_marker():
        # A fresh or emptied broker has none until the leader's next sweep, which rings all open jobs again.
        return Limited("the broker returned what was sent", "the leader's marker; no node has swept the broker yet")
    return Ready("the broker returned what was sent, and the leader's marker is set")


DEFINITION = Kernel(
    name="message_bus",
    tier=Tier.FOUNDATION,
    process="valkey",
    # No doorbell rings without it.
    restart=RestartPolicy(longest=timedelta(seconds=3)),
    readiness=_readiness,
)
