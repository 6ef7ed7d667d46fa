"""The declared targets, without their connections."""

from fastapi import APIRouter

from grace_workers.entrypoints.api.access import Run, Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.target import TargetView

router = APIRouter(prefix="/api/v1/targets", tags=["targets"])


@router.get("", summary="The declared targets", responses=responses(401, 429, 503))
def targets(runtime: Run, _caller: Viewer) -> list[TargetView]:
    """Return the targets of `grace.yaml` by name; their connections are never shown."""
    return [TargetView.of_target(one) for _, one in sorted(runtime.line.targets.items())]
