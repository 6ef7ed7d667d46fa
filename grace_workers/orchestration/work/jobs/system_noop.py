"""`system.noop`: does nothing. Measurements run it."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


def run(_parts: JobParts, _claim: Claim) -> Ending:
    """Do nothing."""
    return Succeeded()


DEFINITION = JobDefinition(
    name="system_noop",
    summary="Does nothing, to show that a pool takes jobs.",
    pools=(Pool.ORCHESTRATION, Pool.HEALING, Pool.CODING),
    run=run,
    time_limit=timedelta(minutes=1),
    orderable=True,
    submittable=True,
)
