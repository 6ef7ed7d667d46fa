"""Signals come in: our own JSON, and the Alertmanager's webhook."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from grace_workers.bootstrap import Runtime
from grace_workers.entrypoints.api.access import Caller, Reporter, Run, charge
from grace_workers.entrypoints.api.body import delivered_json, foreign_json
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.reporting import refuse_foreign_targets, reported
from grace_workers.entrypoints.api.submission import Room, refuse_unknown_targets
from grace_workers.entrypoints.api.views import left_out_view, receipt_view
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.signals import LeftOut, Parsed, Source

router = APIRouter(prefix="/api/v1/signals", tags=["signals"])

log = structlog.get_logger()

Delivered = Annotated[JsonValue, Depends(delivered_json)]
Foreign = Annotated[JsonValue, Depends(foreign_json)]

_SIGNALS_A_UNIT = 25
_AT_ONCE = 250
_MOST_TOLD = 100
_MOST_LOGGED = 3

_EXAMPLE = {"name": "HealthProbeFailed", "target": "shop-web", "severity": "critical", "summary": "no answer for 10 s"}
_ALERT = {
    "version": "4",
    "groupKey": '{}:{alertname="TargetDown"}',
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "TargetDown", "grace_target": "shop-web", "severity": "critical"},
            "annotations": {"summary": "shop-web is down"},
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": "0123456789abcdef",
        }
    ],
}
_REFUSALS = responses(400, 401, 403, 408, 413, 415, 422, 429, 503)


def _described(example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": ["object", "array"]}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "",
    status_code=202,
    summary="Send one signal, a list, or {signals: [...]}",
    openapi_extra=_described(_EXAMPLE),
    responses=_REFUSALS,
)
def plain(request: Request, runtime: Run, caller: Reporter, _room: Room, body: Delivered) -> JSONResponse:
    """Store the signals, all or none, and say what became of each. A second delivery of one `key` changes nothing."""
    source = runtime.catalogs.sources["plain"]
    parsed = source.parse(body, {}, runtime.clock.now())
    refuse_unknown_targets(runtime, parsed.signals)
    refuse_foreign_targets(runtime, caller, parsed.signals)
    return _stored(request, caller, source, parsed, at_once=len(parsed.signals))


@router.post("/alertmanager/api/v2/alerts", status_code=202, include_in_schema=False)
@router.post(
    "/alertmanager",
    status_code=202,
    summary="The webhook of Alertmanager, Grafana and their kin",
    openapi_extra=_described(_ALERT),
    responses=_REFUSALS,
)
def alertmanager(request: Request, runtime: Run, caller: Reporter, _room: Room, body: Foreign) -> JSONResponse:
    """Store one signal for each alert. 2xx only once stored; 503 asks the sender to come again.

    The shape of the body decides how it is read. An alert that cannot be taken costs no other: `left_out` names it,
    and what was cut. 400 when nothing could be taken.
    """
    source = _source_of(runtime, body)
    parsed = source.parse(body, {}, runtime.clock.now())
    _tell(request, caller, source, parsed.left_out)
    if parsed.left_out and not parsed.signals:
        first = parsed.left_out[0]
        raise Refusal(HTTPStatus.BAD_REQUEST, f"no alert could be taken; the first, {first.name!r}: {first.reason}")
    return _stored(request, caller, source, parsed, at_once=_AT_ONCE)


def _source_of(runtime: Runtime, body: JsonValue) -> Source:
    found = next((one for one in runtime.catalogs.sources if one.fits is not None and one.fits(body)), None)
    if found is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "these are no alerts; send what Alertmanager or Grafana sends")
    return found


def _tell(request: Request, caller: Caller, source: Source, left_out: Sequence[LeftOut]) -> None:
    """Log and count what of a delivery was not taken."""
    for one in left_out:
        request.app.state.counts.left_out(source.name, whole=one.whole)
    if left_out:
        log.warning(
            "signals_left_out",
            source=source.name,
            caller=caller.name,
            alerts=sum(one.whole for one in left_out),
            parts=sum(not one.whole for one in left_out),
            first=[f"{one.position} {one.name}: {one.reason}" for one in left_out[:_MOST_LOGGED]],
        )


def _stored(request: Request, caller: Caller, source: Source, parsed: Parsed, *, at_once: int) -> JSONResponse:
    """Store the signals, so many in one transaction; a delivery that comes again finds the first ones stored."""
    runtime, state = request.app.state.runtime, request.app.state
    signals = parsed.signals
    charge(request, len(signals) // _SIGNALS_A_UNIT)
    receipts: list[Receipt] = []
    for begin in range(0, len(signals), max(1, at_once)):
        end = begin + at_once
        receipts += reported(runtime, caller, signals[begin:end], following=signals[end:])
    for receipt in receipts:
        state.counts.signal(source.name, receipt.fate.value)
    state.backlog.add(sum(receipt.fate is Fate.OPENED for receipt in receipts))
    body: dict[str, Any] = {"receipts": [receipt_view(one).model_dump(mode="json") for one in receipts]}
    if source.fits is not None:
        body |= {
            "left_out": [left_out_view(one) for one in parsed.left_out[:_MOST_TOLD]],
            "left_out_in_all": len(parsed.left_out),
        }
    return JSONResponse(body, status_code=202)
