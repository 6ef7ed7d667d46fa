"""Cycles: what runs periodically, what it found, and how to start or pause it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.cycle import CycleFindingView, CycleRunView, CycleStoryView, CycleView
from grace_workers.orchestration import cycles as programmes

router = APIRouter(prefix="/api/v1", tags=["cycles"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)
Why = Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]


@router.get("/cycles", summary="The cycles", responses=responses(401, 429, 503))
def cycles(runtime: Run, _caller: Viewer) -> list[CycleView]:
    """Return every cycle with its cadence, its next run and its newest one."""
    found = programmes.cycles(runtime.ledger, runtime.clock, runtime.settings.cycles)
    return [CycleView.of_status(one) for one in found]


@router.get("/findings", summary="What cycles found", responses=responses(401, 422, 429, 503))
def findings(
    runtime: Run, _caller: Viewer, *, gone: bool = False, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[CycleFindingView]:
    """Return what holds, or with `gone` what is over, the latest change first."""
    return [CycleFindingView.of_known(one) for one in programmes.findings(runtime.ledger, gone=gone, limit=limit)]


@router.get("/cycles/{name}", summary="One cycle", responses=responses(401, 404, 422, 429, 503))
def cycle(name: str, runtime: Run, _caller: Viewer) -> CycleStoryView:
    """Return the cycle with its newest runs and what it found. Runs that only look are kept for a day."""
    return CycleStoryView.of_story(programmes.cycle(runtime.ledger, runtime.clock, runtime.settings.cycles, name))


@router.post(
    "/cycles/{name}/run",
    status_code=202,
    summary="Run a cycle now",
    responses=responses(401, 403, 404, 422, 429, 503),
)
def run(name: str, runtime: Run, caller: Operator) -> CycleRunView:
    """Start a run, even of a paused cycle; while one that was asked for is open, that one is returned."""
    return CycleRunView.of(programmes.run_now(runtime.ledger, name, by=caller.name))


@router.post("/cycles/{name}/pause", summary="Pause a cycle", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def pause(name: str, runtime: Run, caller: Operator, order: Why) -> CycleView:
    """Let the cycle's slots pass without a run until it is resumed."""
    programmes.pause(runtime.ledger, runtime.clock, name, by=caller.name, reason=order.reason)
    return _now(runtime, name)


@router.post("/cycles/{name}/resume", summary="Resume a cycle", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def resume(name: str, runtime: Run, caller: Operator, order: Why) -> CycleView:
    """End a pause; the cycle runs at its next slot."""
    programmes.resume(runtime.ledger, runtime.clock, name, by=caller.name, reason=order.reason)
    return _now(runtime, name)


def _now(runtime: Run, name: str) -> CycleView:
    found = programmes.cycle(runtime.ledger, runtime.clock, runtime.settings.cycles, name)
    return CycleView.of_status(found.status)
