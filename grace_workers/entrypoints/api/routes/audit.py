"""The audit log, to read and to prove. To verify it, use `grace audit verify`, which needs no trust in this API."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse

from grace_workers.entrypoints.api.access import Viewer
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.audit import EntryView, LogHeadView
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.ids import EntryId, IncidentId, parse_uuid
from grace_workers.orchestration.audit_archive import AuditArchive

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

_MOST_DIGITS = 18


@router.get("/head", summary="Where the log stands", responses=responses(401, 429, 503))
def head(request: Request, _caller: Viewer) -> LogHeadView:
    """Return size, waiting entries and the newest signed checkpoint."""
    return LogHeadView.of_head(_archive(request).head())


@router.get("/entries", summary="The newest entries", responses=responses(401, 422, 429, 503))
def entries(
    request: Request,
    _caller: Viewer,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    incident: Annotated[str | None, Query(max_length=40)] = None,
    before: Annotated[int | None, Query(ge=0, le=2**62, description="Only entries sealed before this one.")] = None,
) -> list[EntryView]:
    """Return entries, newest first; `seq` is null until an entry is sealed."""
    about = None if incident is None else IncidentId(parse_uuid(incident, "incident"))
    return [EntryView.of(one) for one in _archive(request).tail(limit, about, before=before)]


@router.get(
    "/entries/{entry}/proof",
    response_class=PlainTextResponse,
    summary="Prove one entry",
    responses=responses(401, 404, 409, 422, 429, 503),
)
def proof(entry: str, request: Request, _caller: Viewer) -> PlainTextResponse:
    """Return the inclusion proof (C2SP tlog-proof) of an entry, by sequence number or id."""
    if entry.isascii() and entry.isdecimal():
        if len(entry) > _MOST_DIGITS:
            raise InputError(f"entry {entry[:40]} is too large for a sequence number")
        return PlainTextResponse(_archive(request).proof(int(entry)))
    return PlainTextResponse(_archive(request).proof(EntryId(parse_uuid(entry, "entry"))))


def _archive(request: Request) -> AuditArchive:
    archive: AuditArchive = request.app.state.archive
    return archive
