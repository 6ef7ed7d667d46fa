"""The lease: a time-limited right with a fencing epoch, and when its holder may act on it."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.foundation.ids import InstanceName

LEADER = "leader"
LEASE_TTL = timedelta(seconds=1)
RENEW_EVERY = timedelta(milliseconds=250)
POLL_EVERY = timedelta(milliseconds=100)
ACT_WITHIN = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of `holder` under `epoch`. `renewed` is the holder's own monotonic time just before it asked."""

    name: str
    holder: InstanceName
    epoch: int
    renewed: float


def may_act(lease: Lease | None, monotonic: float, *, ttl: timedelta = LEASE_TTL) -> bool:
    """Return whether the holder may still act: for eight tenths of the lease from the moment it asked for the renewal.

    The rest is a margin for an act already in progress and for clocks of different speed.
    """
    return lease is not None and monotonic - lease.renewed < ACT_WITHIN * ttl.total_seconds()
