"""Reading signals: the newest, and those that named no declared target."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.signal import SignalView
from grace_workers.orchestration import queries

router = APIRouter(prefix="/api/v1/signals", tags=["signals"])

Flag = Annotated[
    bool,
    BeforeValidator(lambda given: True if given == "" else given),
    Query(description="only those that name no declared target; without a value it means true"),
]


@router.get("", summary="The newest signals", responses=responses(401, 422, 429, 503))
def signals(
    runtime: Run,
    _caller: Viewer,
    *,
    unmatched: Flag = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[SignalView]:
    """Return signals and their outcomes, newest first."""
    found = queries.signals(runtime.ledger, unmatched=unmatched, limit=limit)
    return [SignalView.of_both(signal, receipt) for signal, receipt in found]
