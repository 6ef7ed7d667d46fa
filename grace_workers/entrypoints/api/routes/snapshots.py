"""Snapshots of the fleet: list, show, check, and put a part back. Without the API, `grace snapshot` does the same."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from grace_workers.bootstrap.coding import open_model_file
from grace_workers.entrypoints.api.access import Admin, Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import RestoreOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.snapshot import (
    RestoredPartView,
    SnapshotCheckView,
    SnapshotStoryView,
    SnapshotView,
)
from grace_workers.orchestration import snapshots as keeping

router = APIRouter(prefix="/api/v1/snapshots", tags=["snapshots"])

Wanted = Annotated[str, Path(max_length=64, description="the id, at least 6 characters of its beginning, or newest")]
What = Annotated[RestoreOrder, Depends(read_as(RestoreOrder))]


@router.get("", summary="The snapshots", responses=responses(401, 422, 429, 503))
def snapshots(runtime: Run, _caller: Viewer, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[SnapshotView]:
    """Return the snapshots, the newest first. A look that found nothing changed took none."""
    return [SnapshotView.of_snapshot(one) for one in keeping.snapshots(runtime.ledger)[:limit]]


@router.get("/{wanted}", summary="One snapshot", responses=responses(401, 404, 409, 422, 429, 503))
def snapshot(wanted: Wanted, runtime: Run, _caller: Viewer) -> SnapshotStoryView:
    """Return the snapshot with its parts."""
    return SnapshotStoryView.of_snapshot(keeping.snapshot(runtime.ledger, wanted))


@router.get("/{wanted}/check", summary="Check a snapshot", responses=responses(401, 404, 409, 422, 429, 503))
def check(wanted: Wanted, request: Request, runtime: Run, _caller: Viewer) -> SnapshotCheckView:
    """Check each part by its hash and as what it is, and that the audit log signed the snapshot."""
    return SnapshotCheckView.of_check(keeping.verify(runtime.ledger, request.app.state.archive, wanted))


@router.get(
    "/{wanted}/content",
    response_class=Response,
    summary="The content of a part",
    responses=responses(401, 403, 404, 409, 422, 429, 503),
)
def content(
    wanted: Wanted, runtime: Run, _caller: Operator, part: Annotated[str, Query(min_length=1, max_length=300)]
) -> Response:
    """Return a part as it was, after it was checked. Secrets in files are stars."""
    found = keeping.shown(runtime.ledger, wanted, part)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(found, media_type="application/octet-stream", headers=headers)


@router.post(
    "/{wanted}/restore",
    summary="Put a part back",
    openapi_extra=described(RestoreOrder),
    responses=responses(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def restore(wanted: Wanted, request: Request, runtime: Run, caller: Admin, order: What) -> RestoredPartView:
    """Put one part back as it was, after it was checked. A file that it replaces stays beside it as `.before`."""
    settings = runtime.settings
    why = keeping.PutBack(
        by=caller.name,
        reason=order.reason,
        at=runtime.clock.now(),
        instance=settings.instance,
        kept_file=settings.kept_file,
        opens=open_model_file,
    )
    done = keeping.restore(runtime.ledger, request.app.state.archive, wanted, order.part, why)
    return RestoredPartView(part=order.part, done=done)
