"""`code.task`: a coding task, from the code's branch to a plan with a verified patch."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.work.coding import run_coding
from grace_workers.orchestration.work.coding_wishes import CodePayload
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


def run(parts: JobParts, claim: Claim) -> Ending:
    """Do the task."""
    return run_coding(parts.line, parts.workshop(), claim)


DEFINITION = JobDefinition(
    name="code_task",
    summary="Works on code in copies of it, and hands a verified patch to governance as a plan.",
    pools=(Pool.CODING,),
    run=run,
    # The largest budget that may be asked for, and what comes before and after it.
    time_limit=timedelta(minutes=75),
    payload=CodePayload,
    attempts=3,
    # A stranger's task could spend hours of processors, so applications may not submit one.
    submittable=False,
    ends_with_incident=True,
)
