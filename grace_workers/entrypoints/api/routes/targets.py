"""The targets of now, without their connections; and what can be read of one."""

from fastapi import APIRouter, Request

from grace_workers.entrypoints.api.access import Operator, Run, Viewer, charge
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.diagnosis import DiagnosticReportView
from grace_workers.entrypoints.api.views.target import TargetView
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.diagnosing import examine

router = APIRouter(prefix="/api/v1/targets", tags=["targets"])

_COST = 10


@router.get("", summary="The targets", responses=responses(401, 429, 503))
def targets(runtime: Run, _caller: Viewer) -> list[TargetView]:
    """Return the targets of `grace.yaml` and the discovered ones by name; their connections are never shown."""
    return [TargetView.of_target(one) for _, one in sorted(runtime.line.targets.items())]


@router.post(
    "/{name}/diagnose",
    summary="What can be read of one target now",
    responses=responses(401, 403, 404, 429, 503),
)
def diagnose(name: str, request: Request, runtime: Run, _caller: Operator) -> DiagnosticReportView:
    """Run every diagnostic that suits the target, within 10 s. Touches nothing; counts as 10 requests."""
    charge(request, _COST)
    return DiagnosticReportView.of_report(examine(runtime.line, TargetName(name)))
