"""`grace.signal`: accepts a signal that is submitted as a task."""

from collections.abc import Mapping
from datetime import timedelta

from grace_workers.foundation.document import JsonValue
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.intake import accept_in
from grace_workers.signals import plain_signals

SENDER = "task"


def run(parts: JobParts, claim: Claim) -> Ending:
    """Accept the signal in the payload, once, however often the job runs.

    Raises:
        InputError: the payload is not a signal.
    """
    intake = parts.intake
    payload: Mapping[str, JsonValue] = claim.job.payload
    keyed: dict[str, JsonValue] = {"key": f"job:{claim.job.id}", **payload}
    signals = plain_signals(keyed, intake.clock.now())
    with intake.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        asked_by = claim.job.asked_by or (SENDER,)
        receipts = accept_in(intake, tx, signals, by=asked_by[0])
        touched = {one.incident for one in receipts if one.incident is not None}
        for by in asked_by[1:]:
            tx.approvals.involve(touched, Proposer(by=by, part=Involvement.REPLAY, at=intake.clock.now()))
    first = receipts[0]
    incident = None if first.incident is None else str(first.incident)
    return Succeeded(
        result={"signal": str(first.signal), "fate": first.fate.value, "incident": incident, "reason": first.reason}
    )


DEFINITION = JobDefinition(
    name="grace_signal",
    summary="Accepts a signal that is submitted as a task.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=5),
    orderable=True,
    submittable=True,
)
