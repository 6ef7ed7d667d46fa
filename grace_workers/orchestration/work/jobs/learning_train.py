"""`learning.train`: trains the model of diagnosis again when outcomes call for it."""

from datetime import timedelta

from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.training import due, train


def run(parts: JobParts, claim: Claim) -> Ending:
    """Train the model if that is due; a second run finds nothing new."""
    line = parts.line
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        begin = due(tx)
    if begin is None:
        return Succeeded(result={"promoted": False, "why": "nothing to learn since the last time"})
    return Succeeded(result=dict(train(line.ledger, begin, line.clock.now())))


DEFINITION = JobDefinition(
    name="learning_train",
    summary="Trains the model of diagnosis again after 100 outcomes and on drift; promotes it only if it is better.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=30),
    audited=False,
    cadence=timedelta(minutes=10),
    orderable=True,
)
