"""What orchestration needs from outside, as small protocols. Adapters implement them; bootstrap assigns them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from grace_workers.audit import Entry
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.events.mesh import EventStore
from grace_workers.orchestration.job import Claim, Ending, Job, JobCount, JobRequest, JobState, Pool, PoolFigures


class AuditAppender(Protocol):
    """Appends inside the current transaction: the entry and the change it describes stand or fall together."""

    def append(self, entry: Entry) -> None:
        """Append one entry."""
        ...

    def append_all(self, entries: Sequence[Entry]) -> None:
        """Append many entries, in this order."""
        ...


class JobStore(Protocol):
    """Jobs, inside the current transaction."""

    def submit(self, requests: Sequence[JobRequest]) -> Sequence[Job]:
        """Insert the jobs, in one round trip; an open job of the same dedupe key is returned instead of a second."""
        ...

    def get(self, job_id: JobId) -> Job:
        """Return one job. Raises NotFoundError."""
        ...

    def find(
        self,
        *,
        state: JobState | None = None,
        pool: Pool | None = None,
        names: Collection[str] | None = None,
        limit: int = 100,
    ) -> Sequence[Job]:
        """Return the newest jobs that match, newest first."""
        ...

    def iter_all(self) -> Iterator[Job]:
        """Yield all jobs, oldest first, without holding them in memory; read them inside the transaction."""
        ...

    def hold(self, claim: Claim) -> None:
        """Lock the job's row against take-over until the transaction ends. Raises FencedError when it is not ours."""
        ...

    def finish(self, claim: Claim, ending: Ending) -> Job:
        """Record how the attempt ended and free its slot. Raises FencedError when it is not ours."""
        ...

    def cancel(self, job_id: JobId, *, by: str = "grace") -> Job:
        """Cancel an open job; a running attempt loses its claim. Raises NotFoundError, ConflictError when ended."""
        ...

    def replay(self, job_id: JobId, *, by: str = "grace") -> Job:
        """Queue a dead, failed or cancelled job again, with fresh attempts. Raises NotFoundError, ConflictError.

        A job whose dedupe key another open job now holds is a conflict too.
        """
        ...

    def counts(self) -> Sequence[JobCount]:
        """Return how many open and dead jobs there are, by pool, state and priority; empty groups are absent."""
        ...

    def figures(self, window: timedelta) -> Sequence[PoolFigures]:
        """Return what every pool did in the last `window`, in the order of the pools; an idle pool shows zeros."""
        ...


class Transaction(Protocol):
    """One short transaction: everything in it commits together or not at all."""

    @property
    def audit(self) -> AuditAppender:
        """The audit log."""
        ...

    @property
    def jobs(self) -> JobStore:
        """The job ledger."""
        ...

    @property
    def events(self) -> EventStore:
        """The event mesh's log."""
        ...


class Ledger(Protocol):
    """Where transactions come from."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin one; commit at the end of the block, roll back on any exception.

        Raises TransientError when the database cannot be reached.
        """
        ...


class ClaimDesk(Protocol):
    """Takes and releases jobs for an instance, each call its own transaction with its own bounded retries."""

    def claim(
        self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None, pool: Pool | None = None
    ) -> Claim | None:
        """Take the job, or None: it has ended, is not due, has no free slot, or another live instance runs it.

        `bell` is the doorbell that is answered; `give_back` knows the attempt by it.
        A job without a free slot is rung again when one frees. Raises NotFoundError for an unknown job, and
        TransientError when the database cannot be reached or `instance` is not registered and alive: then the doorbell
        must not be acknowledged.
        """
        ...

    def finish(self, claim: Claim, ending: Ending) -> Job | None:
        """Record the ending; None when the claim was fenced meanwhile."""
        ...

    def give_back(self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None) -> Job | None:
        """Queue again what a lost child process of `instance` ran; None when the instance does not run that job.

        With `bell`, only the attempt that answered that very doorbell: a later attempt is somebody's who lives. Raises
        HeldError while the process of that attempt is connected and the attempt is young.
        """
        ...

    def wait_hint(self, attempt: int) -> timedelta:
        """Return the wait, with jitter, before the attempt after `attempt`."""
        ...
