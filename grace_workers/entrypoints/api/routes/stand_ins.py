"""Stand-ins: who may answer in an approver's place for a span."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.entrypoints.api.access import Approver, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder, StandInOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.stand_in import StandInView
from grace_workers.foundation.ids import parse_uuid
from grace_workers.governance import Role, same_person
from grace_workers.orchestration import stand_ins as absence

router = APIRouter(prefix="/api/v1/stand-ins", tags=["approvals"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)


@router.get("", summary="The stand-ins", responses=responses(401, 429, 503))
def stand_ins(runtime: Run, _caller: Viewer) -> list[StandInView]:
    """Return who stands in for whom, now or later."""
    return [StandInView.of(one) for one in absence.stand_ins(runtime.ledger, runtime.clock)]


@router.post("", status_code=201, summary="Name a stand-in", openapi_extra=described(StandInOrder), responses=_CHANGE)
def name(runtime: Run, caller: Approver, order: Annotated[StandInOrder, Depends(read_as(StandInOrder))]) -> StandInView:
    """Let another person answer in the caller's place. For that span both count as one person."""
    wanted = order.stand_in_of(caller.name, runtime.clock.now())
    persons = [one.name for one in runtime.line.people.persons]
    return StandInView.of(absence.name(runtime.ledger, runtime.clock, wanted, persons=persons))


@router.post("/{stand_in_id}/end", summary="End a span", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def end(
    stand_in_id: str, runtime: Run, caller: Approver, order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]
) -> StandInView:
    """End a span at once. Another approver's takes the role admin to end."""
    wanted = parse_uuid(stand_in_id, "stand-in")
    found = absence.stand_in(runtime.ledger, wanted)
    if not same_person(found.approver, caller.name) and not caller.role.includes(Role.ADMIN):
        detail = f"ending what {found.approver} has named needs the role {Role.ADMIN}; the token is {caller.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    ended = absence.end(runtime.ledger, runtime.clock, wanted, by=caller.name, reason=order.reason)
    return StandInView.of(ended)
