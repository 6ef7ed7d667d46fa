"""The doorbell: the message that says "job so-and-so waits". It carries no work, so it may be lost, doubled or late.

Here live its type and the port through which relay and sweep ring. Who speaks to the broker is an adapter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.jobs import EXPRESS_FROM, NORMAL, Job, Pool, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorbell:
    """One message: which job waits, under which readable name, and where it is to be rung."""

    job_id: JobId
    name: str
    pool: Pool
    priority: Priority = NORMAL

    @classmethod
    def of(cls, job: Job) -> "Doorbell":
        """Return the doorbell of `job`."""
        return cls(job_id=job.id, name=job.name, pool=job.pool, priority=job.priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One broker list: a pool's queue (or its `.express` twin) at one priority."""

    pool: Pool
    priority: Priority
    express: bool = False

    @classmethod
    def of(cls, pool: Pool, priority: Priority) -> "Lane":
        """Return the lane on which a doorbell of this pool and priority is rung."""
        return cls(pool=pool, priority=priority, express=priority >= EXPRESS_FROM)


class Doorbells(Protocol):
    """Rings doorbells, and tells the sweep whether the broker still holds what was rung.

    Every method raises TransientError when the broker cannot be reached or its answer is lost.
    """

    def ring(self, bells: Sequence[Doorbell]) -> None:
        """Send all of them in one batch. A TransientError means delivery unknown: ring them all again."""
        ...

    def depths(self) -> Mapping[Lane, int]:
        """Return how many doorbells wait in every lane, empty lanes included."""
        ...

    def epoch(self) -> str | None:
        """Return what names the broker's present data, or None when the marker is missing.

        It changes when the broker was emptied, replaced or restarted; then whatever was rung may be gone.
        """
        ...

    def plant_marker(self) -> str:
        """Put the marker back if it is missing, and return the epoch. Call it before ringing all open jobs again."""
        ...
