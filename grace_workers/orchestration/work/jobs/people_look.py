"""`people.look`: puts the notices that are due to people into the outbox."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.people.looking import look
from grace_workers.orchestration.work.definition import JobDefinition, JobParts


def run(parts: JobParts, claim: Claim) -> Ending:
    """Look once; a second look adds nothing."""
    line = parts.line
    if not line.people.ways:
        return Succeeded(result={"notices": 0})
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        made = look(tx, line, line.clock.now())
    return Succeeded(result={"notices": made})


DEFINITION = JobDefinition(
    name="people_look",
    summary="Looks who needs people, and puts the notices that are due into the outbox.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=1),
    audited=False,
    cadence=timedelta(seconds=10),
    only_with="people.ways",
)
