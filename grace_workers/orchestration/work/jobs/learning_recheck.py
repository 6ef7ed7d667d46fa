"""`learning.recheck`: checks whether a healed problem stayed healed."""

from datetime import timedelta
from uuid import UUID

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import PlanId
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.line.rechecking import recheck
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class RecheckOrder(Document):
    """The run, by its plan, and how many seconds after its end the check takes place."""

    plan: UUID
    after: float = Field(gt=0)


def run(parts: JobParts, claim: Claim) -> Ending:
    """Check once; a second run gets the same result."""
    order = RecheckOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    line = parts.line
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        precedent = tx[PrecedentStore].find(PlanId(order.plan))
        if precedent is None:
            return Succeeded(result={"recurred": None})
        after = recheck(tx, precedent, timedelta(seconds=order.after), line.clock.now())
    return Succeeded(result={"recurred": after.recurred, "stayed": after.stayed})


DEFINITION = JobDefinition(
    name="learning_recheck",
    summary="Asks whether a healed problem stayed healed, and counts the run as ineffective if not.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=5),
    payload=RecheckOrder,
    audited=False,
)
