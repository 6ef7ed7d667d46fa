"""The broker: carries doorbells to the pools."""

from secrets import token_hex

from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    sent = token_hex(8)
    got = probe.broker_echo(sent)
    if got != sent:
        return Unready(f"the broker gave back {got!r} for {sent!r}")
    return Ready("the broker gave back what it was given")


DEFINITION = Kernel(
    name="message_bus",
    tier=Tier.FOUNDATION,
    process="valkey",
    readiness=_readiness,
)
