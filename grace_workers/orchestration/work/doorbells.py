"""The doorbell: the message that says "this job waits". It carries no work, so it may be lost, duplicated or late.

This module holds its type and the port through which relay and sweep ring. An adapter speaks to the broker.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import EXPRESS_FROM, NORMAL, Job, Pool, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorbell:
    """One message: which job waits, its readable name, and where it is to be rung."""

    job_id: JobId
    name: str
    pool: Pool
    priority: Priority = NORMAL
    only_on: InstanceName | None = None

    @classmethod
    def of(cls, job: Job) -> "Doorbell":
        """Return the doorbell of `job`."""
        return cls(job_id=job.id, name=job.name, pool=job.pool, priority=job.priority, only_on=job.only_on)

    @property
    def lane(self) -> "Lane":
        """Where it is rung."""
        return Lane.of(self.pool, self.priority, self.only_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One broker list: a pool's queue (or its `.express` twin) at one priority; with `only_on`, one instance's own."""

    pool: Pool
    priority: Priority
    express: bool = False
    only_on: InstanceName | None = None

    @classmethod
    def of(cls, pool: Pool, priority: Priority, only_on: InstanceName | None = None) -> "Lane":
        """Return the lane on which a doorbell of this pool and priority is rung. A private lane has no express twin."""
        return cls(pool=pool, priority=priority, express=only_on is None and priority >= EXPRESS_FROM, only_on=only_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableMessage:
    """A message with which no job could be claimed: what it was, why not, and the start of its text, made printable."""

    at: datetime
    queue: str
    size: int
    why: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """How many messages were ever parked on this broker, and the newest of them, newest first."""

    count: int
    newest: Sequence[UnreadableMessage] = ()


class Doorbells(Protocol):
    """Rings doorbells, and tells the sweep whether the broker still holds what was rung.

    Every method raises TransientError when the broker is unreachable or its answer is lost.
    """

    def ring(self, bells: Sequence[Doorbell]) -> None:
        """Send all of them in one batch. A TransientError means delivery unknown: ring them all again."""

    def depths(self, private: Collection[Lane] = ()) -> Mapping[Lane, int]:
        """Return how many doorbells wait in every shared lane, including empty ones, and in these private lanes."""

    def unreadable(self, limit: int = 100) -> Unreadable:
        """Return at most `limit` parked messages, with which no job could be claimed."""

    def epoch(self) -> str | None:
        """Return what identifies the broker's current data, or None when the marker is missing.

        It changes when the broker was emptied, replaced or restarted; then rung doorbells may be gone.
        """

    def plant_marker(self) -> str:
        """Restore the marker if it is missing, and return the epoch. Call it before ringing all open jobs again."""
