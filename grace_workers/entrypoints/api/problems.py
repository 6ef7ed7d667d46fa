"""Every error as RFC 9457 problem details: what is wrong, with which value, and what to do. No inner detail leaks."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from grace_workers.foundation.document import words_of
from grace_workers.foundation.errors import (
    ConflictError,
    DamagedError,
    GraceError,
    InputError,
    IntegrityError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from grace_workers.foundation.ids import uuid7
from grace_workers.signals import UnreadableError

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 2
_MOST_FAULTS = 3
_STATUS: Sequence[tuple[type[GraceError], HTTPStatus]] = (
    (UnreadableError, HTTPStatus.BAD_REQUEST),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
    (PermanentError, HTTPStatus.NOT_IMPLEMENTED),
    (DamagedError, HTTPStatus.CONFLICT),
    (IntegrityError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


class Refusal(Exception):  # noqa: N818 - it names what the caller gets, as the room's other refusals do
    """A refused request, with its HTTP status."""

    def __init__(self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def not_now(request: Request, status: HTTPStatus, detail: str, headers: Mapping[str, str]) -> Refusal:
    """Return the refusal of a request that may be retried; its status is 503 for senders that obey only 5xx."""
    gives_up = request.path_params.get("source") in request.app.state.heed_only_5xx
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE if gives_up else status, detail, headers)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem response."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of the app become a problem."""
    app.add_exception_handler(GraceError, _of_ours)
    app.add_exception_handler(Refusal, _of_refusal)
    app.add_exception_handler(RequestValidationError, _of_params)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_anything)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the problems that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def _of_ours(_request: Request, error: Exception) -> JSONResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers: dict[str, str] = {}
    if isinstance(error, TransientError):
        wait = error.retry_after.total_seconds() if error.retry_after else _RETRY_SECONDS
        headers["Retry-After"] = str(max(1, round(wait)))
        log.warning("request_postponed", error=str(error))
        return problem(status, "the fleet cannot accept this right now; try again", headers)
    if isinstance(error, IntegrityError):
        log.error("stored_data_contradicts", error=str(error))
    return problem(status, str(error), headers)


def _of_refusal(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refusal):
        raise error
    return problem(error.status, error.detail, error.headers)


def _of_params(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [f"{'.'.join(str(step) for step in fault['loc'])}: {words_of(fault)}" for fault in error.errors()]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(faults[:_MOST_FAULTS]))


def _of_http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    detail = {
        HTTPStatus.NOT_FOUND: f"no such path {request.url.path[:200]}; /docs lists all",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not allowed at {request.url.path[:200]}",
    }.get(HTTPStatus(error.status_code), str(error.detail))
    return problem(error.status_code, detail, error.headers)


def _of_anything(request: Request, error: Exception) -> JSONResponse:
    number = uuid7()
    log.error("request_failed", path=request.url.path, error_id=str(number), exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"an unexpected error; the API's log describes it under {number}")
