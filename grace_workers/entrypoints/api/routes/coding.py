"""What the coding agent uses."""

from fastapi import APIRouter

from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.coding import ModelUseView
from grace_workers.orchestration.work.model_use import used_today

router = APIRouter(prefix="/api/v1/coding", tags=["tasks"])


@router.get("/model", summary="What the language model costs today", responses=responses(401, 429, 503))
def model(runtime: Run, _caller: Viewer) -> ModelUseView:
    """Return what the whole fleet has used of the language model since midnight, UTC, and its limits of a day."""
    return ModelUseView.of_use(used_today(runtime.ledger, runtime.clock), runtime.settings)
