"""The signals route: one for every source, described by the source's own definition."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from grace_workers.entrypoints.api.access import Caller, Reporter, Run, charge
from grace_workers.entrypoints.api.deliveries import OWN, Delivered, KnownSource, reader_of
from grace_workers.entrypoints.api.problems import Refusal, responses
from grace_workers.entrypoints.api.reporting import deployed_by, refuse_foreign_targets, reported
from grace_workers.entrypoints.api.submission import Room, refuse_unknown_targets
from grace_workers.entrypoints.api.views.signal import DeliveryView, LeftOutView, ReceiptsView, ReceiptView
from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.signals import JSON_TYPES, LeftOut, Parsed, Source

ADDRESS = "/api/v1/signals"

router = APIRouter(prefix=ADDRESS, tags=["signals"])

log = structlog.get_logger()

_SIGNALS_A_UNIT = 25
_AT_ONCE = 250
_MOST_TOLD = 100
_MOST_LOGGED = 3
_REFUSALS = responses(400, 401, 403, 408, 413, 415, 422, 429, 503)


@router.post("", status_code=202, include_in_schema=False)
@router.post("/{source}", status_code=202, include_in_schema=False)
@router.post("/{source}/{below:path}", status_code=202, include_in_schema=False)
def receive(
    request: Request, runtime: Run, caller: Reporter, _source: KnownSource, _room: Room, delivery: Delivered
) -> Response:
    """Store the signals of a delivery, and return the outcome of each. 2xx only once stored; after 503, send again."""
    source = reader_of(request, delivery)
    parsed = source.parse(delivery)
    if source.whole:
        refuse_unknown_targets(runtime, parsed.signals)
        refuse_foreign_targets(runtime, caller, parsed.signals)
    else:
        _tell(request, caller, source, parsed.left_out)
        _refuse_nothing(parsed)
    kept = deployed_by(runtime, caller, parsed.deployments)
    receipts = _stored(request, caller, source, parsed)
    if source.answer is not None:
        answer = source.answer(delivery, parsed)
        return Response(answer.body, status_code=answer.status, media_type=answer.content_type)
    return JSONResponse(_told(source, parsed, receipts, kept).model_dump(mode="json"), status_code=202)


class _RootedRoute(APIRoute):
    """A separate route for one source, named by it, as if its address preceded the path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the path is this route's, with what the one route for every source would read of it."""
        match, found = super().matches(scope)
        if match is not Match.NONE:
            found["path_params"] = {"source": self.name, "below": scope["path"].strip("/")}
        return match, found


def rooted(sources: Iterable[Source]) -> APIRouter:
    """Return the route again for the paths at which the senders of some sources can set only the host."""
    found = APIRouter(route_class=_RootedRoute)
    for source in (one for one in sources if one.rooted):
        for below in source.below:
            path = "".join(f"/{{part_{at}}}" if step == "*" else f"/{step}" for at, step in enumerate(below.split("/")))
            for address in (path, f"{path}/"):
                found.add_api_route(address, receive, name=source.name, methods=["POST"], include_in_schema=False)
    return found


def described(sources: Iterable[Source]) -> APIRouter:
    """Return the route again for every source, as the API's document shows it."""
    found = APIRouter(prefix=ADDRESS, tags=["signals"])
    for source in sources:
        own = source.name == OWN
        answered = _answered(source)
        found.add_api_route(
            "" if own else f"/{source.name}",
            receive,
            name=source.name,
            methods=["POST"],
            status_code=next(iter(answered), 202),
            response_model=_answer_of(source),
            summary=source.summary,
            description=_promise(source),
            openapi_extra=_body(source),
            responses={**answered, **_REFUSALS},
        )
    return found


def _answer_of(source: Source) -> type[ReceiptsView] | None:
    if source.answer is not None:
        return None
    return ReceiptsView if source.whole else DeliveryView


def _answered(source: Source) -> dict[int | str, dict[str, Any]]:
    """Return the answer that its senders expect, as its example gets it; nothing if they get receipts."""
    if source.answer is None:
        return {}
    delivery = source.example.delivered(datetime.fromtimestamp(0, UTC))
    found = source.answer(delivery, source.parse(delivery))
    shown = {"example": json.loads(found.body)}
    return {found.status: {"description": "What its senders expect", "content": {found.content_type: shown}}}


def _promise(source: Source) -> str:
    if source.whole:
        return "Store all signals or none. A second delivery with the same `key` changes nothing."
    return (
        "Store one signal for each condition. 2xx only once stored; 503 asks the sender to retry. A condition "
        "that cannot be accepted does not affect the others: `left_out` names it, and what was cut. 400 when "
        "none can be accepted."
    )


def _body(source: Source) -> dict[str, Any]:
    example = source.example
    if example.content_type == JSON_TYPES[0]:
        content: dict[str, Any] = {"schema": {"type": ["object", "array"]}, "example": json.loads(example.body)}
    else:
        content = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {example.content_type: content}}}


def _tell(request: Request, caller: Caller, source: Source, left_out: Sequence[LeftOut]) -> None:
    """Log and count what was left out of a delivery."""
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


def _refuse_nothing(parsed: Parsed) -> None:
    """Refuse a delivery of which nothing could be accepted, though something should. Raises Refusal 400."""
    unread = [one for one in parsed.left_out if one.whole]
    if unread and not parsed.signals:
        first = unread[0]
        detail = f"no condition could be accepted; the first, {first.name!r}: {first.reason}"
        raise Refusal(HTTPStatus.BAD_REQUEST, detail)


def _stored(request: Request, caller: Caller, source: Source, parsed: Parsed) -> Sequence[Receipt]:
    """Store the signals, a limited number in one transaction; a repeated delivery finds the first ones stored."""
    state, signals = request.app.state, parsed.signals
    at_once = max(1, len(signals)) if source.whole else _AT_ONCE
    charge(request, len(signals) // _SIGNALS_A_UNIT)
    receipts: list[Receipt] = []
    for begin in range(0, len(signals), at_once):
        end = begin + at_once
        receipts += reported(state.runtime, caller, signals[begin:end], following=signals[end:])
    for receipt in receipts:
        state.counts.signal(source.name, receipt.fate.value)
    state.backlog.add(sum(receipt.fate is Fate.OPENED for receipt in receipts))
    return receipts


def _told(source: Source, parsed: Parsed, receipts: Sequence[Receipt], deployments: int) -> ReceiptsView:
    shown = [ReceiptView.of(one) for one in receipts]
    if source.whole:
        return ReceiptsView(receipts=shown)
    left_out = [LeftOutView.of(one) for one in parsed.left_out[:_MOST_TOLD]]
    return DeliveryView(
        receipts=shown, left_out=left_out, left_out_in_all=len(parsed.left_out), deployments=deployments
    )
