"""`code.listen`: turns published events `task.code_refactor` into coding tasks."""

from dataclasses import replace
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog

from grace_workers.audit import Entry
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import JobId
from grace_workers.orchestration import subscriptions
from grace_workers.orchestration.events.mesh import StartPosition
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.events.topics.task_code_refactor import DEFINITION as TASK_CODE_REFACTOR
from grace_workers.orchestration.job import Claim, Ending, JobRequest, Pool, Succeeded
from grace_workers.orchestration.work.coding import code_request, the_code
from grace_workers.orchestration.work.coding_wishes import refactoring
from grace_workers.orchestration.work.definition import JobDefinition, JobParts

log = structlog.get_logger()

GROUP = "grace-coding"
_PUBLISHER = "event:task.code_refactor"


def run(parts: JobParts, claim: Claim) -> Ending:
    """Submit one task for each event, and move on past it, in one transaction."""
    line = parts.line
    now = line.clock.now()
    asked = subscriptions.Pull(
        topics=(TASK_CODE_REFACTOR.address,), holder=str(line.instance), start=StartPosition.OLDEST
    )
    taken = 0
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        pulled = subscriptions.pull(tx, now, GROUP, asked)
        cursor = pulled.cursor
        for event in pulled.events if cursor is not None else ():
            try:
                tx.jobs.submit([_job(parts, event)])
                taken += 1
            except InputError as error:
                log.warning("coding_event_refused", event_id=str(event.id), error=str(error))
                data = {"event": str(event.id), "error": str(error)}
                tx.audit.append(Entry(at=now, actor="grace", action="code.refused", subject=f"event:{event.id}",
                                      outcome="refused", data=data))  # fmt: skip
            if cursor is not None:
                cursor = subscriptions.acknowledge(tx, cursor, event.position)
        if cursor is not None:
            tx.cursors.release(cursor)
    return Succeeded(result={"tasks": taken})


def _job(parts: JobParts, event: Event) -> JobRequest:
    task = refactoring(event.read(TASK_CODE_REFACTOR))
    the_code(task.target, parts.line.targets)
    request = code_request(task, by=_PUBLISHER)
    # Made from the event's id, so that an event that is read twice gives one job.
    return replace(request, id=JobId(uuid5(NAMESPACE_URL, f"grace-event:{event.id}")))


DEFINITION = JobDefinition(
    name="code_listen",
    summary="Turns published events about refactoring into coding tasks.",
    pools=(Pool.ORCHESTRATION,),
    run=run,
    time_limit=timedelta(minutes=1),
    audited=False,
    cadence=timedelta(seconds=10),
    only_with="targets",
)
