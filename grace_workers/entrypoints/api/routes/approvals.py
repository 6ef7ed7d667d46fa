"""Questions to people, and their answers."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import AnswerOrder, EditOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.governance import ApprovalView
from grace_workers.entrypoints.api.views.incident import IncidentLineView
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, parse_uuid
from grace_workers.governance import ApprovalRequest
from grace_workers.orchestration import approvals, queries
from grace_workers.orchestration.editing import PlanEdit, edit
from grace_workers.orchestration.people.looking import alarm
from grace_workers.orchestration.stand_ins import role_of

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])


@router.get("", summary="Questions waiting for people", responses=responses(401, 429, 503))
def pending(runtime: Run, _caller: Viewer) -> list[ApprovalView]:
    """Return the open questions, oldest first."""
    return [ApprovalView.of(one) for one in approvals.pending(runtime.ledger, runtime.clock)]


@router.post(
    "/{approval_id}",
    summary="Answer",
    openapi_extra=described(AnswerOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def answer(
    approval_id: str,
    runtime: Run,
    caller: Operator,
    order: Annotated[AnswerOrder, Depends(read_as(AnswerOrder))],
) -> ApprovalView:
    """Approve or reject, with a reason; the id is the question's or its incident's.

    A person who caused the plan, by a signal, a task or a retry, may only reject it. With `break_glass` every operator
    may approve alone, which tells everyone in the escalation.
    """
    asked = _asked(runtime, approval_id)
    alone = order.break_glass and order.approved
    role = role_of(runtime.ledger, runtime.clock, caller.name, caller.role)
    if not alone and not role.includes(asked.role):
        detail = f"this question needs at least {asked.role}; the token {caller.name!r} is {role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    reply = approvals.Reply(
        by=caller.name,
        role=caller.role,
        approved=order.approved,
        reason=order.reason,
        token=caller.token,
        breaks_glass=alone,
    )
    found = approvals.answer(runtime.ledger, runtime.clock, asked.id, reply, alarm=alarm(runtime.line))
    return ApprovalView.of(found)


@router.post(
    "/{approval_id}/edit",
    summary="Change the plan",
    openapi_extra=described(EditOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def edited(
    approval_id: str,
    runtime: Run,
    caller: Operator,
    order: Annotated[EditOrder, Depends(read_as(EditOrder))],
) -> IncidentLineView:
    """Give the plan's steps other params; the id is the question's or its incident's.

    The plan is governed anew under another digest. If people are asked again, who changed it cannot approve it.
    """
    change = PlanEdit(by=caller.name, reason=order.reason, params=order.params)
    after = edit(runtime.line, _asked(runtime, approval_id).id, change)
    sizes = queries.group_sizes(runtime.ledger, [after.incident.id])
    return IncidentLineView.of_dossier(after, sizes.get(after.incident.id, 0))


def _asked(runtime: Runtime, text: str) -> ApprovalRequest:
    wanted = parse_uuid(text, "approval or incident")
    try:
        with runtime.ledger.transaction() as tx:
            return tx.approvals.get(ApprovalId(wanted))
    except NotFoundError:
        try:
            return approvals.of_incident(runtime.ledger, IncidentId(wanted))
        except NotFoundError as error:
            raise NotFoundError(f"no question, and no incident with one, has the id {wanted}") from error
