"""The job ledger, inside the current transaction."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from grace_workers.foundation.ids import JobId
from grace_workers.orchestration.job import Claim, Job, JobCount, JobRequest, JobState, Pool, PoolFigures
from grace_workers.orchestration.pool_slice import PoolSlice


class JobStore(Protocol):
    """Jobs, inside the current transaction."""

    def submit(self, requests: Sequence[JobRequest]) -> Sequence[Job]:
        """Insert the jobs in one round trip; where an open job has the same dedupe key, that job is returned instead.

        A request whose id is already in the ledger gives that job, so a submission may be repeated after an
        unclear commit. Raises InputError: a payload is not JSON, or a text contains U+0000.
        """

    def get(self, job_id: JobId) -> Job:
        """Return one job. Raises NotFoundError."""

    def find(
        self,
        *,
        state: JobState | None = None,
        pool: Pool | None = None,
        names: Collection[str] | None = None,
        before: JobId | None = None,
        limit: int = 100,
    ) -> Sequence[Job]:
        """Return the newest jobs that match, newest first; with `before` only those submitted before that job."""

    def iter_all(self) -> Iterator[Job]:
        """Yield all jobs, oldest first, without holding them in memory; read them inside the transaction."""

    def hold(self, claim: Claim) -> None:
        """Lock the job's row against take-over until the transaction ends. Raises FencedError if the claim is lost."""

    def cancel(self, job_id: JobId, *, by: str = "grace") -> Job:
        """Cancel an open job; a running attempt loses its claim. Raises NotFoundError, ConflictError when ended."""

    def replay(self, job_id: JobId, *, by: str = "grace") -> Job:
        """Queue a dead, failed or cancelled job again, with fresh attempts. Raises NotFoundError, ConflictError.

        It is also a conflict if another open job now holds the job's dedupe key.
        """

    def counts(self) -> Sequence[JobCount]:
        """Return how many open and dead jobs there are, by pool, state and priority; empty groups are absent.

        A job that is to start later does not count before it is due: it is no backlog.
        """

    def figures(self, window: timedelta) -> Sequence[PoolFigures]:
        """Return what every pool did in the last `window`, in the order of the pools; an idle pool shows zeros."""

    def slices(self, *, since: datetime, every: timedelta) -> Sequence[PoolSlice]:
        """Return what pools did since then, by pool and slice of `every`, oldest first; without the empty ones."""
