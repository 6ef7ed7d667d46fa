"""Reading a request body: capped before it is kept, strictly JSON, and nothing that could not be stored."""

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from grace_workers.entrypoints.api.access import Known
from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.signals import check_body

D = TypeVar("D", bound=Document)

_DRAIN_BYTES = 32_000_000
_DRAIN_SECONDS = 5.0


async def raw_body(request: Request, _caller: Known) -> bytes:
    """Return the body, once it is known whose it is: nothing is read for strangers.

    Raises:
        Refusal: 415 for another content type, 413 past the limit. A larger body is read on and thrown away for a
            moment, because a sender that still writes would see a broken connection instead of the answer.
    """
    _check_type(request.headers.get("content-type", ""))
    most = int(request.app.state.runtime.settings.api.max_body_bytes)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > most:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await _drain(request)
        raise _too_large(most)
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > most:
            await _drain(request)
            raise _too_large(most)
    return bytes(kept)


def json_body(raw: Annotated[bytes, Depends(raw_body)]) -> JsonValue:
    """Return the body as JSON. Raises Refusal 400 for anything that is not plain, storable JSON."""
    try:
        value: JsonValue = json.loads(raw, parse_constant=_not_a_number, object_pairs_hook=_no_doubles)
        check_body(value, "body")
    except RecursionError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "body: nested too deeply; send it flatter") from error
    except (ValueError, InputError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"the body cannot be taken: {_first(error)}") from error
    return value


def read_as(kind: type[D]) -> Callable[[JsonValue], D]:
    """Return the dependency that reads the body as a `kind`; unknown keys are refused with 422."""

    def read(body: Annotated[JsonValue, Depends(json_body)]) -> D:
        return kind.read(body, "body")

    return read


def described(*kinds: type[Document]) -> dict[str, Any]:
    """Return what OpenAPI is told of a body that is one of these kinds."""
    refs = [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in kinds]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _check_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"content type {kind[:80]!r} is not taken; send application/json"
        )


async def _drain(request: Request) -> None:
    async def swallow() -> None:
        seen = 0
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > _DRAIN_BYTES:
                return

    try:
        await asyncio.wait_for(swallow(), _DRAIN_SECONDS)
    except (TimeoutError, RuntimeError):
        # Too slow, or already read to its end: the answer goes out now.
        return


def _too_large(most: int) -> Refusal:
    detail = f"the body is larger than {most} bytes; send several smaller ones"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"})


def _not_a_number(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        doubled = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {doubled[:80]!r} stands twice")
    return found


def _first(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(error)
