"""The audit log: its sealed tail continues what was signed, and sealing keeps up."""

from datetime import timedelta

from grace_workers.fleet.kernel import Kernel, Limited, Readiness, Ready, Tier, Unready
from grace_workers.fleet.lease import LEADER
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.rhythm import spoken

SEALED_WITHIN = timedelta(seconds=10)


def _readiness(probe: Probe) -> Readiness:
    found = probe.audit.look()
    if found.faults:
        return Unready("; ".join(found.faults))
    if found.oldest_waits > SEALED_WITHIN:
        waits = f"{found.waiting} entries wait to be sealed, the oldest for {spoken(found.oldest_waits)}"
        # While a fleet comes up, no node seals yet; a node that leads does.
        led = probe.database.lease_held(LEADER)
        return Unready(waits) if led else Limited(f"{found.size} entries are sealed", f"a node that leads: {waits}")
    if found.keyless is not None:
        return Limited(f"{found.size} entries are sealed", f"a check of their signatures: {found.keyless}")
    return Ready(f"{found.size} entries are sealed and continue the {found.signed or 0} that were signed")


DEFINITION = Kernel(
    name="audit_log",
    tier=Tier.FOUNDATION,
    needs=("database",),
    host="control",
    every=timedelta(seconds=3),
    readiness=_readiness,
)
