"""What monitoring shows of the fleet: its nodes, kernels, leases, endings, events, audit log and breakers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.fleet import Instance
from grace_workers.foundation.breaker import BreakerState
from grace_workers.orchestration.job import JobState, Pool

ENDING_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""The upper bounds, in seconds, of the buckets in which endings are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStand:
    """How many entries of the audit log are sealed, and how many wait; `longest` is the age of the oldest of these."""

    sealed: int
    waiting: int
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJobs:
    """How many jobs of one pool ended in one state in a span; `took` and `waited` are cumulative buckets."""

    pool: Pool
    state: JobState
    count: int
    retries: int
    took_sum: float
    waited_sum: float
    took: Sequence[int]
    waited: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRow:
    """One kernel of one living node."""

    instance: str
    kernel: str
    state: str
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreaker:
    """A breaker of the fleet that is not closed."""

    instance: str
    process: str
    name: str
    state: BreakerState
    failures: int
    openings: int


class FleetWatch(Protocol):
    """The fleet's figures. Every method raises TransientError without a database."""

    def instances(self) -> Sequence[Instance]:
        """Return every node ever registered, by name."""

    def has_leader(self) -> bool:
        """Return whether a node leads now."""

    def endings(self, since: datetime | None) -> tuple[datetime, Sequence[EndedJobs]]:
        """Return what ended after `since` (None: after now), and the time that this covers."""

    def lease_epochs(self) -> Mapping[str, int]:
        """Return how often each lease has changed hands."""

    def kernels(self) -> Sequence[KernelRow]:
        """Return the kernels of all living nodes."""

    def event_lag(self) -> Mapping[str, int]:
        """Return how many events each subscription has yet to see, and how many wait in the `outbox`."""

    def parked_events(self) -> Mapping[str, int]:
        """Return how many events each subscription has parked because processing them kept failing."""

    def audit(self) -> AuditStand:
        """Return the state of the audit log."""

    def open_breakers(self) -> Sequence[OpenBreaker]:
        """Return the circuit breakers, of any process of the fleet, that are not closed."""

    def clock_ahead(self) -> float:
        """Return by how many seconds this machine's clock is ahead of the database's, less half the round trip."""

    def schema(self) -> str:
        """Return the schema's revision, if it is this release's or a newer one that serves it. Raises ConflictError."""
