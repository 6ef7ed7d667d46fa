"""The claimer in memory."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast
from uuid import UUID

from grace_workers.fleet import InstanceHealth
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName, JobId
from grace_workers.orchestration.job import (
    Claim,
    Ending,
    FencedError,
    Job,
    JobState,
    Pool,
    SlotLimits,
    require_pool,
    retry_wait,
)
from tests.memory.fleet import MemoryFleetStore
from tests.memory.jobs import MemoryJobStore
from tests.memory.ledger import MemoryLedger
from tests.memory.transaction import MemoryTransaction


class MemoryJobClaimer:
    """Claims in memory, and the fleet's register beside them."""

    def __init__(self, ledger: MemoryLedger, *, limits: SlotLimits | None = None) -> None:
        self._ledger = ledger
        self._limits = limits or SlotLimits()

    def register(self, name: InstanceName) -> None:
        """Register an instance; what it ran before is requeued."""
        with self._ledger.transaction() as transaction:
            _fleet(transaction).register(name)

    def declare_dead(self, name: InstanceName) -> Sequence[Job]:
        """Take an instance out of the fleet and requeue what it ran."""
        with self._ledger.transaction() as transaction:
            return _fleet(transaction).declare_dead(name)

    def claim(
        self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None, pool: Pool | None = None
    ) -> Claim | None:
        """Take the job, or None: it has ended, is not due, has no free slot, or another live instance runs it."""
        with self._ledger.transaction() as transaction:
            self._require_willing(transaction, job_id, instance)
            require_pool(transaction.jobs.get(job_id), pool)
            if transaction.jobs.get(job_id).only_on not in {None, instance}:
                return None
            job = _jobs(transaction).claim(job_id, instance, self._limits)
            if job is None:
                return None
            transaction.table("bells")[job_id] = bell
            return Claim(job=job, instance=instance)

    def finish(self, claim: Claim, ending: Ending) -> Job | None:
        """Record the ending; None when the claim was fenced meanwhile."""
        with self._ledger.transaction() as transaction:
            try:
                return _jobs(transaction).finish(claim, ending)
            except FencedError:
                return _jobs(transaction).settled(claim)

    def give_back(self, job_id: JobId, instance: InstanceName, *, bell: UUID | None = None) -> Job | None:
        """Requeue what a lost child of `instance` ran; None when it does not run that job, or not for that doorbell."""
        with self._ledger.transaction() as transaction:
            if bell is not None and transaction.table("bells").get(job_id) != bell:
                return None
            jobs = _jobs(transaction).put_back(instance, only=job_id)
            return jobs[0] if jobs else None

    def wait_hint(self, attempt: int) -> timedelta:
        """Return the wait before the attempt after `attempt`, without jitter."""
        return retry_wait(attempt)

    def _require_willing(self, transaction: MemoryTransaction, job_id: JobId, instance: InstanceName) -> None:
        found = next((one for one in transaction.fleet.instances() if one.name == instance and one.in_fleet), None)
        if found is None:
            raise TransientError(f"instance {instance} is not registered or was declared dead; it cannot claim jobs")
        job = transaction.jobs.get(job_id)
        willing = found.health.consumes if job.only_on is None else found.health is not InstanceHealth.DRAINING
        if job.state is JobState.QUEUED and job.only_on in {None, instance} and not willing:
            raise TransientError(
                f"instance {instance} is {found.health}; it does not take this job, other instances do"
            )


def _fleet(transaction: MemoryTransaction) -> MemoryFleetStore:
    return cast("MemoryFleetStore", transaction.fleet)


def _jobs(transaction: MemoryTransaction) -> MemoryJobStore:
    return cast("MemoryJobStore", transaction.jobs)
