"""Repairs that the improvement cycle proposes: the coding agent's job, and what of its patch is in force."""

from uuid import UUID

from grace_workers.actions import Revisions, stands
from grace_workers.coding import TaskMode, TaskType
from grace_workers.cycles import CodingOrder, Improvement, InForce
from grace_workers.foundation.errors import GraceError, NotFoundError
from grace_workers.foundation.ids import IncidentId, JobId, TargetName
from grace_workers.governance import Policy
from grace_workers.orchestration.dossier import Closing, Dossier, StepState
from grace_workers.orchestration.job import Job, JobRequest, JobState, Pool, Priority
from grace_workers.orchestration.line.handing_over import CODE
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.work.coding_wishes import CodePayload

_SECONDS, _ATTEMPTS = 120.0, 3
_LONGEST_REASON = 500
_UNHURRIED = Priority(3)
_CARRIED_OUT = {Closing.HEALED, Closing.DONE}


def order_request(tx: LineTransaction, order: CodingOrder, policy: Policy, *, by: str) -> JobRequest:
    """Return the job of a repair. Its patch is merged only after a person approved it, unless the policy merges it."""
    text = tx.incidents.load(order.incident).signal.text or ""
    payload = CodePayload(
        task=TaskType.FIX_BUG,
        target=order.code,
        reason=order.reason[:_LONGEST_REASON],
        mode=TaskMode.LIVE,
        arguments={"traceback": text},
        seconds=_SECONDS,
        auto_merge=order.code in policy.auto_merge,
        by=by,
        service=order.service,
    )
    return JobRequest(
        id=order.job,
        name=CODE,
        pool=Pool.CODING,
        payload=payload.model_dump(mode="json"),
        priority=_UNHURRIED,
        max_attempts=_ATTEMPTS,
        by=by,
    )


def repair_in_force(line: Line, one: Improvement) -> InForce:
    """Return what became of a repair: in force once its patch is merged, until a later commit takes that back."""
    with line.ledger.transaction() as tx:
        found = _became(tx, one)
    commit = str(found.made.get("commit", ""))
    if not commit:
        return found
    branch = _branch(line, TargetName(str(one.content["code"])))
    try:
        stays = branch is None or stands(branch, commit)
    except NotFoundError:
        return InForce(ended=f"{commit[:12]} is not in the history of the branch any more")
    except GraceError:
        # Code that cannot be read now says nothing about the patch.
        return found
    return found if stays else InForce(ended=f"a later commit takes {commit[:12]} back")


def _branch(line: Line, code: TargetName) -> Revisions | None:
    """Return the branch of the code; None where it is not declared any more, or cannot be reached now."""
    try:
        return line.world.role(code, Revisions)
    except GraceError:
        return None


def _became(tx: LineTransaction, one: Improvement) -> InForce:
    try:
        job = tx.jobs.get(JobId(UUID(one.version)))
    except NotFoundError:
        return _remembered(one)
    if not job.state.ended:
        return InForce()
    if job.state is not JobState.SUCCEEDED:
        return InForce(ended=job.error or f"its job was {job.state}")
    incident = _incident_of(job)
    return InForce(ended="its job has made no plan") if incident is None else _merged(tx, one, incident)


def _remembered(one: Improvement) -> InForce:
    """Return what is known without the job, which is kept for a time only: a patch that was merged stays so."""
    commit = str(one.content.get("commit", ""))
    if not commit or one.in_force_at is None:
        return InForce(ended="its job is not kept any more")
    return InForce(in_force={one.version: one.in_force_at}, made={"commit": commit})


def _incident_of(job: Job) -> IncidentId | None:
    made = job.result.get("incident") if isinstance(job.result, dict) else None
    return IncidentId(UUID(made)) if isinstance(made, str) else None


def _merged(tx: LineTransaction, one: Improvement, incident: IncidentId) -> InForce:
    dossier = tx.incidents.load(incident)
    closed = dossier.incident.closed_at
    if dossier.closing is None:
        return InForce()
    commit = _commit_of(tx, dossier) if dossier.closing in _CARRIED_OUT else None
    if commit is None or closed is None:
        return InForce(ended=f"its patch was not merged: {'; '.join(dossier.reasons) or dossier.closing.value}")
    return InForce(in_force={one.version: closed}, made={"commit": commit})


def _commit_of(tx: LineTransaction, dossier: Dossier) -> str | None:
    rows = [] if dossier.plan is None else tx.journal.rows(dossier.plan.id)
    for row in rows:
        told = (row.outcome or {}).get("data")
        if row.primitive == "apply_patch" and row.state is StepState.DONE and isinstance(told, dict):
            return str(told["revision"]) if "revision" in told else None
    return None
