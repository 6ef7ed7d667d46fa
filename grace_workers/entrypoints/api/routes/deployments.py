"""Reading deployments: what was deployed where, as pipelines reported it."""

from typing import Annotated

from fastapi import APIRouter, Query

from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.deployment import DeploymentView
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.deployments import DeploymentStore

router = APIRouter(prefix="/api/v1/deployments", tags=["signals"])


@router.get("", summary="The newest deployments", responses=responses(401, 422, 429, 503))
def deployments(
    runtime: Run,
    _caller: Viewer,
    *,
    target: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> list[DeploymentView]:
    """Return the newest deployments, of one target or of all, newest first."""
    with runtime.ledger.reading() as tx:
        found = tx[DeploymentStore].newest(target=None if target is None else TargetName(target), limit=limit)
    return [DeploymentView.of(one) for one in found]
