"""Taking and releasing jobs, as a port. Adapters implement it; bootstrap assigns it."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import Claim, Ending, Job, Pool


class JobClaimer(Protocol):
    """Takes and releases jobs for an instance, each call its own transaction with its own bounded retries."""

    def claim(
        self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None, pool: Pool | None = None
    ) -> Claim | None:
        """Take the job, or None: it has ended, is not due, has no free slot, or another live instance runs it.

        `bell` is the doorbell that is answered; `give_back` identifies the attempt by it. `pool` is where it
        was rung. A job without a free slot is rung again when a slot becomes free.

        Raises:
            NotFoundError: there is no such job.
            InputError: it is a job of another pool.
            TransientError: the database is unreachable, or `instance` is not registered and alive; do not
                acknowledge the doorbell then.
        """

    def finish(self, claim: Claim, ending: Ending) -> Job | None:
        """Record the ending; None when the claim was fenced meanwhile."""

    def give_back(self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None) -> Job | None:
        """Requeue what a lost child process of `instance` ran; None when the instance does not run that job.

        With `bell`, only the attempt that answered that very doorbell: a later attempt belongs to a living
        process. Raises HeldError while the process of that attempt is connected and the attempt is young.
        """

    def wait_hint(self, attempt: int) -> timedelta:
        """Return the wait, with jitter, before the attempt after `attempt`."""
