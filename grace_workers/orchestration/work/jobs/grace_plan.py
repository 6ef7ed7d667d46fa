"""`grace.plan`: opens an incident with a ready plan and advances it from governance."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.plans import run_plan
from grace_workers.orchestration.work.wishes import PlanPayload


def run(parts: JobParts, claim: Claim) -> Ending:
    """Open the incident and advance it."""
    return run_plan(parts.line, claim)


DEFINITION = JobDefinition(
    name="grace_plan",
    summary="Takes a ready plan from governance onwards.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=30),
    payload=PlanPayload,
    # A stranger's plan could take any step there is, so applications may not submit one.
    submittable=False,
    ends_with_incident=True,
)
