"""The funnel: how far signals and playbooks came, and why not further."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from grace_workers.entrypoints.api.access import Run, Viewer, charge
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.funnel import PlaybookFunnelsView, SignalFunnelView
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.funnel import MOST, playbook_funnels, signal_funnel
from grace_workers.playbooks import Duration

router = APIRouter(prefix="/api/v1/funnel", tags=["funnel"])

_READING = responses(401, 404, 422, 429, 503)
_WEEK = timedelta(days=7)
# A row here is counted in the database and shown with others as one.
_ROWS_A_UNIT = 500
Since = Annotated[Duration, Query(description="how far back, such as 6h or 7d; 31d at most")]
Bound = Annotated[int, Query(ge=1, le=MOST, description="how many groups of signals, or incidents, newest first")]


@router.get("/signals", summary="How far signals came, and why not further", responses=_READING)
def signals(
    request: Request,
    runtime: Run,
    _caller: Viewer,
    *,
    since: Since = _WEEK,
    target: Annotated[str | None, Query(max_length=200)] = None,
    signature: Annotated[str | None, Query(max_length=500)] = None,
    most: Bound = MOST,
) -> SignalFunnelView:
    """Return how many signals reached each stage, in all and by condition, with the reasons of all losses."""
    charge(request, most // _ROWS_A_UNIT)
    found = signal_funnel(
        runtime.ledger,
        runtime.clock,
        since,
        target=None if target is None else TargetName(target.replace("\x00", "")),
        signature=None if signature is None else signature.replace("\x00", ""),
        limit=most,
    )
    return SignalFunnelView.of_signals(found)


@router.get("/playbooks", summary="How far each playbook came, and what blocked it", responses=_READING)
def playbooks(
    request: Request,
    runtime: Run,
    _caller: Viewer,
    *,
    since: Since = _WEEK,
    name: Annotated[str | None, Query(max_length=64, description="only this playbook")] = None,
    most: Bound = MOST,
) -> PlaybookFunnelsView:
    """Return for each playbook how many incidents it was for, was considered, planned, granted and acted in."""
    charge(request, most // _ROWS_A_UNIT)
    library = runtime.line.library()
    wanted = list(library) if name is None else [library[name]]
    causes = {one.name: one.when.causes for one in wanted}
    found = playbook_funnels(runtime.ledger, runtime.clock, since, causes, limit=most)
    return PlaybookFunnelsView.of_playbooks(found)
