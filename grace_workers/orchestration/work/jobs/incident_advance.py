"""`incident.advance`: carries an incident on along the line, in whichever pool its next stage belongs to."""

from datetime import timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import Claim, Ending, Pool
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class AdvanceOrder(Document):
    """Which incident to carry on."""

    incident: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Carry the incident on."""
    order = AdvanceOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    return advance(parts.line, claim, IncidentId(order.incident))


DEFINITION = JobDefinition(
    name="incident_advance",
    summary="Advances an incident along the line.",
    pools=(Pool.ORCHESTRATION, Pool.HEALING),
    run=run,
    # A step takes as long as its primitive does; a contract bounds the whole run.
    time_limit=timedelta(hours=6),
    payload=AdvanceOrder,
)
