"""`learning.train`: trains the model of diagnosis, and that of texts, again when outcomes call for it."""

from datetime import timedelta

from grace_workers.foundation.document import JsonValue
from grace_workers.learning import LONGEST
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.reading import texts_due, train_texts
from grace_workers.orchestration.work.training import due, train


def run(parts: JobParts, claim: Claim) -> Ending:
    """Train the models that are due; a second run finds nothing new."""
    line = parts.line
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        begin, texts = due(tx), texts_due(tx)
    told: dict[str, JsonValue] = {"promoted": False, "why": "nothing to learn since the last time"}
    if begin is not None:
        told = dict(train(line.ledger, begin, line.clock.now(), parts.aside))
    if texts is not None:
        told["texts"] = dict(train_texts(line.ledger, texts, line.clock.now(), parts.aside))
    return Succeeded(result=told)


DEFINITION = JobDefinition(
    name="learning_train",
    summary="Trains the models of problems and texts again after 100 outcomes or on drift; promotes only a better one.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=2 * LONGEST,
    audited=False,
    cadence=timedelta(minutes=10),
    orderable=True,
)
