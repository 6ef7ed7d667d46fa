"""Incoming heartbeats: a sign of life of a job that is declared to send one."""

from http import HTTPStatus

from fastapi import APIRouter

from grace_workers.entrypoints.api.access import Reporter, Run, Viewer
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.views.heartbeat import HeartbeatView
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.stores.heartbeats import HeartbeatStore

router = APIRouter(prefix="/api/v1/heartbeats", tags=["signals"])


@router.post("/{name}", summary="Give a sign of life", responses=responses(401, 403, 404, 429, 503))
def hear(name: str, runtime: Run, caller: Reporter) -> HeartbeatView:
    """Take note that the heartbeat was heard just now, by the database's clock. A body is not read."""
    declared = {one.name: one for one in runtime.intake.heartbeats}
    if name not in declared:
        known = ", ".join(declared) or "none"
        raise NotFoundError(f"no heartbeat named {name[:80]!r} is declared; declared: {known}")
    beat = declared[name]
    if caller.targets is not None and beat.target not in caller.targets:
        detail = f"the token {caller.token!r} may not report on {beat.target!r}; it may on: {', '.join(caller.targets)}"
        raise Refusal(HTTPStatus.FORBIDDEN, detail)
    with runtime.ledger.transaction() as tx:
        heard_at = tx[HeartbeatStore].hear(name, caller.name)
    return HeartbeatView.of(beat, heard_at=heard_at)


@router.get("", summary="The declared heartbeats", responses=responses(401, 429, 503))
def heartbeats(runtime: Run, _caller: Viewer) -> list[HeartbeatView]:
    """Return every declared heartbeat, and when it was last heard."""
    with runtime.ledger.reading() as tx:
        heard = tx[HeartbeatStore].heard()
    return [HeartbeatView.of(one, heard_at=heard.get(one.name)) for one in runtime.intake.heartbeats]
