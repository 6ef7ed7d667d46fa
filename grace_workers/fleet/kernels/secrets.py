"""The secrets of this node: present, strong, and closed to others."""

from datetime import timedelta

from grace_workers.fleet.attestation import attest
from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe


def _readiness(probe: Probe) -> Readiness:
    facts = probe.secrets()
    faults = attest(facts)
    if faults:
        return Unready("; ".join(str(fault) for fault in faults))
    there = [one.name for one in facts if one.present]
    if not there:
        return Unready("this node has no secrets, not even the database's password")
    return Ready(f"{len(there)} secrets are present, strong and closed to other users")


DEFINITION = Kernel(
    name="secrets",
    tier=Tier.FOUNDATION,
    every=timedelta(seconds=10),
    readiness=_readiness,
)
