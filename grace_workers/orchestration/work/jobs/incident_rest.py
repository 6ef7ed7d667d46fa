"""`incident.rest`: looks whether a condition that comes and goes has come to rest, and closes its incident."""

from datetime import timedelta
from uuid import UUID

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.line.resting import let_rest
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


class RestOrder(Document):
    """Which incident."""

    incident: UUID


def run(parts: JobParts, claim: Claim) -> Ending:
    """Look once; a second run finds the incident closed, or asks for the same later look."""
    order = RestOrder.read(dict(claim.job.payload), f"payload of {claim.job.name}")
    intake, now = parts.intake, parts.line.clock.now()
    with parts.line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        try:
            dossier = tx.incidents.load(IncidentId(order.incident))
        except NotFoundError:
            return Succeeded(result={"closed": False})
        closed = let_rest(tx, dossier, intake.flaps, now, shares=intake.shares, expiry=intake.expiry)
    return Succeeded(result={"closed": closed})


DEFINITION = JobDefinition(
    name="incident_rest",
    summary="Closes the incident of a condition that came and went once it has come to rest.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=5),
    payload=RestOrder,
    audited=False,
)
