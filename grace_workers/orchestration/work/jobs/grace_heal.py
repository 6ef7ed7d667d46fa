"""`grace.heal`: opens the incident that a person or a program requests, and advances it."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.requests import run_requested
from grace_workers.orchestration.work.wishes import HealPayload


def run(parts: JobParts, claim: Claim) -> Ending:
    """Open the incident and advance it."""
    return run_requested(parts.line, claim)


DEFINITION = JobDefinition(
    name="grace_heal",
    summary="Opens the requested incident and advances it.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=30),
    payload=HealPayload,
    submittable=True,
    ends_with_incident=True,
)
