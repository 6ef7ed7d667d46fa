"""Read the forms of the dashboard: small and URL-encoded."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from grace_workers.entrypoints.dashboard.inside import ApiRefusal

_MOST = 64 * 1024
_OF_STRANGERS = 4 * 1024
_WITHIN = 15.0
_MOST_FIELDS = 40
_TYPE = "application/x-www-form-urlencoded"


async def form_of(request: Request, *, stranger: bool = False) -> Mapping[str, str]:
    """Return the fields of a form; a repeated field has its last value. Without a session, the limit is much lower.

    Raises:
        ApiRefusal: 415 for another content type, 413 beyond the limit, 408 when it is too slow, 400 when it is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise ApiRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"unsupported content type {kind[:80]!r}; send a form")
    try:
        async with asyncio.timeout(_WITHIN):
            raw = await _read(request, _OF_STRANGERS if stranger else _MOST)
    except TimeoutError as error:
        raise ApiRefusal(HTTPStatus.REQUEST_TIMEOUT, f"the form did not arrive within {_WITHIN:g} s") from error
    try:
        fields = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise ApiRefusal(HTTPStatus.BAD_REQUEST, "the form is not valid; load the page again") from error
    return {name: value.replace("\x00", "") for name, value in fields}


def typed(given: str, *, text: bool) -> Any:
    """Return the value that was typed into a field: as it is for a text, else as JSON. The API refuses a wrong type."""
    if text:
        return given
    try:
        return json.loads(given)
    except ValueError:
        return given


async def _read(request: Request, most: int) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            detail = f"the form is larger than {most} bytes; shorten the text"
            raise ApiRefusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return bytes(raw)
