"""`autonomy.review`: lowers a playbook's level after failures, or a domain's when its error budget is spent."""

from datetime import timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import PlanId
from grace_workers.orchestration.autonomy import review
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class ReviewOrder(Document):
    """The run that missed, by its plan."""

    plan: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Look once; a second look finds what the first one set, and changes nothing."""
    order, line = ReviewOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}"), parts.line
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        review(tx, line.policy.autonomy, PlanId(order.plan), line.clock.now())
    return Succeeded(result={})


DEFINITION = JobDefinition(
    name="autonomy_review",
    summary="Lowers how far a playbook may act by itself after failures, or a domain when its error budget is spent.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=1),
    payload=ReviewOrder,
    audited=False,
)
