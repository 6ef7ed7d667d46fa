"""Incidents: the list, one in full, retry, resume and close."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder, ResumeOrder, StepAnswerOrder
from grace_workers.entrypoints.api.paging import AskedPage
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.incident import (
    HourCountView,
    IncidentLineView,
    IncidentStoryView,
    TimelineView,
)
from grace_workers.foundation.ids import IncidentId, TargetName, parse_uuid
from grace_workers.orchestration import operations, queries
from grace_workers.orchestration.handover import handover
from grace_workers.orchestration.questions import StepAnswer, answer_question
from grace_workers.orchestration.resumption import resume
from grace_workers.signals import IncidentState, Severity

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

_ONE = responses(401, 404, 422, 429, 503)
_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)
Reason = Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]


@router.get("", summary="The newest incidents", responses=responses(401, 422, 429, 503))
def incidents(
    runtime: Run,
    _caller: Viewer,
    page: AskedPage,
    *,
    state: Annotated[list[IncidentState] | None, Query(max_length=20, description="Repeat it for several.")] = None,
    target: Annotated[str | None, Query(max_length=200)] = None,
    severity: Annotated[Severity | None, Query()] = None,
    leading: Annotated[
        bool, Query(description="without those that another incident leads, unless they need a person")
    ] = False,
) -> list[IncidentLineView]:
    """Return incidents that match, newest first."""
    aim = None if target is None else TargetName(target.replace("\x00", ""))
    upto = None if page.before is None else _id(page.before)
    found = queries.incidents(
        runtime.ledger,
        states=state or (),
        target=aim,
        severity=severity,
        leading=leading,
        before=upto,
        limit=page.limit,
    )
    sizes = queries.group_sizes(runtime.ledger, [one.incident.id for one in found])
    return [IncidentLineView.of_dossier(one, sizes.get(one.incident.id, 0)) for one in found]


@router.get("/hours", summary="How many incidents each hour opened", responses=responses(401, 422, 429, 503))
def hours(runtime: Run, _caller: Viewer, hours: Annotated[int, Query(ge=1, le=744)] = 24) -> list[HourCountView]:
    """Return the incidents opened in each of the last hours, counted by how they ended, oldest first."""
    since = runtime.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    return [HourCountView.of(one) for one in queries.hourly(runtime.ledger, since=since)]


@router.get("/{incident_id}", summary="One incident in full", responses=_ONE)
def incident(incident_id: str, runtime: Run, _caller: Viewer) -> IncidentStoryView:
    """Return signal, diagnosis, plan, risk, approvals, steps, verdict, timeline, and what a person does by hand."""
    view, line = queries.incident(runtime.ledger, _id(incident_id)), runtime.line
    return IncidentStoryView.of_view(view, handover(view.dossier, line.causes(), line.targets))


@router.get("/{incident_id}/timeline", summary="The timeline of one incident", responses=_ONE)
def timeline(incident_id: str, runtime: Run, _caller: Viewer) -> list[TimelineView]:
    """Return the timeline, oldest first; `took` is in seconds."""
    return [TimelineView.of(one) for one in queries.incident(runtime.ledger, _id(incident_id)).timeline]


@router.post(
    "/{incident_id}/retry", summary="Retry an incident", openapi_extra=described(ReasonOrder), responses=_CHANGE
)
def retry(incident_id: str, runtime: Run, caller: Operator, order: Reason) -> IncidentLineView:
    """Send a refused or escalated incident through the line again."""
    wanted = _id(incident_id)
    after = operations.retry(runtime.ledger, runtime.clock, wanted, by=caller.name, reason=order.reason)
    return IncidentLineView.of_dossier(after, queries.group_sizes(runtime.ledger, [wanted]).get(wanted, 0))


@router.post("/{incident_id}/resume", summary="Resume a run", openapi_extra=described(ResumeOrder), responses=_CHANGE)
def resumed(
    incident_id: str, runtime: Run, caller: Operator, order: Annotated[ResumeOrder, Depends(read_as(ResumeOrder))]
) -> IncidentLineView:
    """Send an escalated incident through the line again with its own plan: what was done stands, the rest is taken."""
    wanted = _id(incident_id)
    after = resume(
        runtime.ledger,
        runtime.clock,
        wanted,
        by=caller.name,
        reason=order.reason,
        failed_only=order.failed_only,
    )
    return IncidentLineView.of_dossier(after, queries.group_sizes(runtime.ledger, [wanted]).get(wanted, 0))


@router.post(
    "/{incident_id}/answer", summary="Answer a step", openapi_extra=described(StepAnswerOrder), responses=_CHANGE
)
def answered(
    incident_id: str,
    runtime: Run,
    caller: Operator,
    order: Annotated[StepAnswerOrder, Depends(read_as(StepAnswerOrder))],
) -> IncidentLineView:
    """Answer the question that the incident's run waits for; a value that does not fit changes nothing."""
    wanted = _id(incident_id)
    given = StepAnswer(by=caller.name, role=caller.role, fields=dict(order.answer))
    after = answer_question(runtime.ledger, runtime.clock, wanted, given)
    return IncidentLineView.of_dossier(after, queries.group_sizes(runtime.ledger, [wanted]).get(wanted, 0))


@router.post(
    "/{incident_id}/close", summary="Close an incident by hand", openapi_extra=described(ReasonOrder), responses=_CHANGE
)
def close(incident_id: str, runtime: Run, caller: Operator, order: Reason) -> IncidentLineView:
    """Close a refused or escalated incident."""
    wanted = _id(incident_id)
    after = operations.close(runtime.ledger, runtime.clock, wanted, by=caller.name, reason=order.reason)
    return IncidentLineView.of_dossier(after, queries.group_sizes(runtime.ledger, [wanted]).get(wanted, 0))


@router.post(
    "/{incident_id}/take", summary="Look after an incident", openapi_extra=described(ReasonOrder), responses=_CHANGE
)
def take(incident_id: str, runtime: Run, caller: Operator, order: Reason) -> IncidentLineView:
    """Look after an incident that needs a person, so that its escalation wakes no one else."""
    wanted = _id(incident_id)
    found = operations.take(runtime.ledger, runtime.clock, wanted, by=caller.name, reason=order.reason)
    return IncidentLineView.of_dossier(found, queries.group_sizes(runtime.ledger, [wanted]).get(wanted, 0))


def _id(text: str) -> IncidentId:
    return IncidentId(parse_uuid(text, "incident"))
