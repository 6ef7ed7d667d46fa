"""Cases: incidents' worlds, to be replayed elsewhere."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from grace_workers.entrypoints.api.access import Operator, Run, charge
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.case import CasesView
from grace_workers.foundation.ids import IncidentId, parse_uuid
from grace_workers.orchestration.case import IncidentCase, case_of_incident, cases_since
from grace_workers.playbooks import Duration

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

_WEEK = timedelta(days=7)
_MOST = 50
_CASES_A_UNIT = 10


@router.get("", summary="The cases of a period", responses=responses(401, 403, 422, 429, 503))
def cases(
    request: Request,
    runtime: Run,
    _caller: Operator,
    *,
    since: Annotated[Duration, Query(description="how far back, such as 6h or 30d; 31d at most")] = _WEEK,
    before: Annotated[str | None, Query(max_length=40, description="the `next` of the page before")] = None,
    most: Annotated[int, Query(ge=1, le=_MOST)] = _MOST,
) -> CasesView:
    """Return what was seen and done in each incident that signals opened, without the connections of targets."""
    charge(request, most // _CASES_A_UNIT)
    upto = None if before is None else IncidentId(parse_uuid(before, "incident"))
    now = runtime.clock.now()
    return CasesView.of_page(cases_since(runtime.line, now - since, before=upto, limit=most))


@router.get("/{incident_id}", summary="The case of one incident", responses=responses(401, 403, 404, 422, 429, 503))
def case(incident_id: str, runtime: Run, _caller: Operator) -> IncidentCase:
    """Return the incident's world as a file that can be replayed offline."""
    return case_of_incident(runtime.line, IncidentId(parse_uuid(incident_id, "incident")))
