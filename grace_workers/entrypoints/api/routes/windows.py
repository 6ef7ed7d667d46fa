"""Maintenance windows: make, preview, list and end."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from grace_workers.entrypoints.api.access import Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import ReasonOrder, WindowOrder
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.window import WindowPreviewView, WindowView
from grace_workers.foundation.ids import parse_uuid
from grace_workers.governance import Role, WindowEffect
from grace_workers.orchestration import windows as calendar

router = APIRouter(prefix="/api/v1/windows", tags=["governance"])

_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)
Wanted = Annotated[WindowOrder, Depends(read_as(WindowOrder))]


@router.get("", summary="The maintenance windows", responses=responses(401, 429, 503))
def windows(runtime: Run, _caller: Viewer) -> list[WindowView]:
    """Return the windows that are in force or still to come, oldest first."""
    now = runtime.clock.now()
    return [WindowView.at(one, now) for one in calendar.windows(runtime.ledger, runtime.clock)]


@router.post("", status_code=201, summary="Make a window", openapi_extra=described(WindowOrder), responses=_CHANGE)
def make(runtime: Run, caller: Operator, order: Wanted) -> WindowView:
    """Mute signals, or freeze targets, for a time: once, or again and again."""
    now = runtime.clock.now()
    made = calendar.make(runtime.ledger, runtime.clock, order.window(caller.name, now), runtime.line.targets)
    return WindowView.at(made, now)


@router.post("/preview", summary="What a window would hide", openapi_extra=described(WindowOrder), responses=_CHANGE)
def preview(runtime: Run, caller: Operator, order: Wanted) -> WindowPreviewView:
    """Return what a window would hide of the newest signals, and which targets it covers. It makes nothing."""
    now = runtime.clock.now()
    found = calendar.preview(runtime.ledger, runtime.clock, order.window(caller.name, now), runtime.line.targets)
    return WindowPreviewView.at(found, now)


@router.post("/{window_id}/end", summary="End a window", openapi_extra=described(ReasonOrder), responses=_CHANGE)
def end(
    window_id: str, runtime: Run, caller: Operator, order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]
) -> WindowView:
    """End a window at once. A freeze that another person made takes the role admin to end."""
    wanted = parse_uuid(window_id, "window")
    found = calendar.window(runtime.ledger, wanted)
    own = found.by == caller.name
    if found.effect is WindowEffect.FREEZE and not own and not caller.role.includes(Role.ADMIN):
        detail = f"ending a freeze by {found.by} needs the role {Role.ADMIN}; the token is {caller.role}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    ended = calendar.end(runtime.ledger, runtime.clock, wanted, by=caller.name, reason=order.reason)
    return WindowView.at(ended, runtime.clock.now())
