"""Signals come in: our own JSON, and the Alertmanager's webhook."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from grace_workers.bootstrap import Runtime
from grace_workers.entrypoints.api.access import Caller, Operator, Run
from grace_workers.entrypoints.api.body import json_body
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.submission import refuse_backlog, refuse_unknown_targets
from grace_workers.entrypoints.api.views import ReceiptView, receipt_view
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.intake import accept
from grace_workers.signals import Signal

router = APIRouter(prefix="/api/v1/signals", tags=["signals"])

Body = Annotated[JsonValue, Depends(json_body)]

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
_REFUSALS = responses(400, 401, 403, 413, 415, 422, 429, 503)


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
def plain(body: Body, runtime: Run, caller: Operator) -> JSONResponse:
    """Store the signals, all or none, and say what became of each. A second delivery of one `key` changes nothing."""
    found = runtime.catalogs.sources["plain"].parse(body, {}, runtime.clock.now())
    refuse_unknown_targets(runtime, found)
    return _stored(runtime, caller, found)


@router.post(
    "/alertmanager",
    status_code=202,
    summary="The webhook of Prometheus Alertmanager, version 4",
    openapi_extra=_described(_ALERT),
    responses=_REFUSALS,
)
def alertmanager(body: Body, runtime: Run, caller: Operator) -> JSONResponse:
    """Store one signal for each alert. 2xx only once stored; 503 asks the Alertmanager to come again."""
    try:
        found = runtime.catalogs.sources["alertmanager"].parse(body, {}, runtime.clock.now())
    except InputError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from error
    return _stored(runtime, caller, found)


def _stored(runtime: Runtime, caller: Caller, found: Sequence[Signal]) -> JSONResponse:
    refuse_backlog(runtime)
    receipts: list[ReceiptView] = [receipt_view(one) for one in accept(runtime.intake, found, by=caller.name)]
    return JSONResponse({"receipts": [one.model_dump(mode="json") for one in receipts]}, status_code=202)
