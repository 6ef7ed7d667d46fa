"""Instances, leases, leadership: judges; starts and stops no process."""

from grace_workers.fleet.attestation import SecretFacts, SecretFault, attest, weakness
from grace_workers.fleet.instance import (
    DEAD_AFTER,
    HEARTBEAT_EVERY,
    Health,
    Instance,
    is_overdue,
    may_judge,
)
from grace_workers.fleet.kernel import (
    Absent,
    Kernel,
    KernelState,
    Limited,
    Readiness,
    Ready,
    RestartPolicy,
    Tier,
    Unready,
    waves,
)
from grace_workers.fleet.lease import ACT_WITHIN, LEADER, LEASE_TTL, POLL_EVERY, RENEW_EVERY, Lease, may_act
from grace_workers.fleet.probe import Probe
from grace_workers.fleet.watchdog import Again, Judgement, Kill, Leave, LifeSigns, Patience, Replace, again, judge

__all__ = [
    "ACT_WITHIN",
    "DEAD_AFTER",
    "HEARTBEAT_EVERY",
    "LEADER",
    "LEASE_TTL",
    "POLL_EVERY",
    "RENEW_EVERY",
    "Absent",
    "Again",
    "Health",
    "Instance",
    "Judgement",
    "Kernel",
    "KernelState",
    "Kill",
    "Lease",
    "Leave",
    "LifeSigns",
    "Limited",
    "Patience",
    "Probe",
    "Readiness",
    "Ready",
    "Replace",
    "RestartPolicy",
    "SecretFacts",
    "SecretFault",
    "Tier",
    "Unready",
    "again",
    "attest",
    "is_overdue",
    "judge",
    "may_act",
    "may_judge",
    "waves",
    "weakness",
]
