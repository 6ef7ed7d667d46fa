"""`incident.advance`: advances an incident along the line, in the pool of its next stage."""

from datetime import timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class AdvanceOrder(Document):
    """Which incident to advance."""

    incident: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Advance the incident."""
    order = AdvanceOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    return advance(parts.line, claim, IncidentId(order.incident))


DEFINITION = JobDefinition(
    name="incident_advance",
    summary="Advances an incident along the line.",
    pools=(Pool.ORCHESTRATION, Pool.HEALING),
    run=run,
    # A step takes as long as its primitive does; a contract limits the whole run.
    time_limit=timedelta(hours=6),
    payload=AdvanceOrder,
)
