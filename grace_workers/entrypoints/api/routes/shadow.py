"""The score of playbooks in shadow mode."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.shadow import ShadowScoresView
from grace_workers.orchestration.shadow_score import shadow_scores
from grace_workers.playbooks import Duration

router = APIRouter(prefix="/api/v1/shadow", tags=["playbooks"])

_MONTH = timedelta(days=30)


@router.get("", summary="The score of playbooks in shadow mode", responses=responses(401, 422, 429, 503))
def scores(
    runtime: Run,
    _caller: Viewer,
    *,
    since: Annotated[Duration, Query(description="how far back, such as 6h or 30d; 31d at most")] = _MONTH,
    name: Annotated[str | None, Query(max_length=64, description="only this playbook")] = None,
) -> ShadowScoresView:
    """Return what each playbook would have done, beside how the incidents ended without it."""
    wanted = None if name is None else name.replace("\x00", "")
    return ShadowScoresView.of_scores(shadow_scores(runtime.ledger, runtime.clock, since, playbook=wanted))
