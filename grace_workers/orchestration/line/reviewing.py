"""The job that looks at a playbook's level after a run that missed."""

from grace_workers.foundation.ids import PlanId
from grace_workers.orchestration.job import JobRequest, Pool

REVIEW = "autonomy.review"


def review_of(plan: PlanId, occasion: str) -> JobRequest:
    """Return the job that looks at the level once for this run on this occasion."""
    return JobRequest(
        name=REVIEW,
        pool=Pool.ORCHESTRATION,
        payload={"plan": str(plan)},
        dedupe_key=f"autonomy:{plan}:{occasion}",
        audited=False,
    )
