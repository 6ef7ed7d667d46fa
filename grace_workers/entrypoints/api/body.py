"""Read request bodies: limited in size before they are buffered, strictly JSON, and storable."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from grace_workers.entrypoints.api.access import Known, charge
from grace_workers.entrypoints.api.lanes import Buffer, Lanes, RequestLane
from grace_workers.entrypoints.api.packing import LargerError, encodings_of, unpacked
from grace_workers.entrypoints.api.problems import Refusal, not_now
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.settings import ApiSettings
from grace_workers.signals import JSON_TYPES, strict_json

D = TypeVar("D", bound=Document)

BYTES_A_UNIT = 64 * 1024
READ_WITHIN = 15.0
_DIGITS = 18
_DRAIN_BYTES = 32_000_000
_DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """How a body is read: its content type, its size limit, and the lane in which it is then processed."""

    takes: Callable[[Request], Sequence[str]]
    most: Callable[[ApiSettings], int]
    lane: Callable[[Lanes, int], RequestLane]
    packed: bool = False


def body_of(kind: Kind) -> Callable[..., AsyncIterator[bytes]]:
    """Return the dependency that reads a body and returns it once a slot to process it is free."""

    async def raw_body(request: Request, _caller: Known) -> AsyncIterator[bytes]:
        """Give the body once the sender is known, because nothing is read for strangers.

        Raises:
            Refusal: 415 for another content type or encoding, 413 past the limit, 408 for one that takes too long, 503
                when too much is arriving. Part of a larger body is still read and discarded, because a sender that is
                still writing would see a broken connection instead of the answer.
        """
        if not request.state.admitted:
            raise RuntimeError("the route reads the body before it asks for the role; put the caller first")
        _check_type(request, kind.takes(request))
        encodings = encodings_of(request.headers.get("content-encoding", "")) if kind.packed else ()
        most = kind.most(request.app.state.runtime.settings.api)
        lanes: Lanes = request.app.state.lanes
        kind.lane(lanes, _declared(request)).refuse_when_full()
        # However long the body takes to arrive, others work meanwhile.
        request.state.place.leave()
        with lanes.buffer() as buffer:
            raw = await _read(request, most, buffer)
            charge(request, len(raw) // BYTES_A_UNIT)
            await request.state.place.enter(kind.lane(lanes, len(raw)))
            if encodings:
                raw = await _unpacked(raw, encodings, most)
                buffer.take(len(raw))
                charge(request, len(raw) // BYTES_A_UNIT)
                await request.state.place.enter(kind.lane(lanes, len(raw)))
            yield raw

    return raw_body


async def _unpacked(raw: bytes, encodings: Sequence[str], most: int) -> bytes:
    """Return the decompressed body. Another thread does the work, so that others are answered meanwhile."""
    try:
        return await to_thread.run_sync(unpacked, raw, encodings, most)
    except LargerError as error:
        raise _too_large(most) from error


async def _read(request: Request, most: int, buffer: Buffer) -> bytes:
    if _declared(request) > most:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await _drain(request)
        raise _too_large(most)
    kept = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN):
            async for chunk in request.stream():
                buffer.take(len(chunk))
                kept += chunk
                if len(kept) > most:
                    break
    except TimeoutError as error:
        detail = f"the body did not arrive within {READ_WITHIN:g} s; send it faster, or less at once"
        raise not_now(request, HTTPStatus.REQUEST_TIMEOUT, detail, {"Connection": "close"}) from error
    except ClientDisconnect as error:
        # No one reads the answer; it is a line in the log instead of an unexpected error.
        raise Refusal(HTTPStatus.BAD_REQUEST, "the connection ended before the body did") from error
    if len(kept) > most:
        await _drain(request)
        raise _too_large(most)
    return bytes(kept)


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdecimal() and len(length) <= _DIGITS else 0


ORDER = Kind(lambda _request: JSON_TYPES, lambda api: api.max_body_bytes, lambda lanes, _size: lanes.calls)
Order = Annotated[bytes, Depends(body_of(ORDER), scope="function")]


def order_json(raw: Order) -> JsonValue:
    """Return an order's body as JSON. Raises UnreadableError for anything that is not plain, storable JSON."""
    return strict_json(raw)


def read_as(kind: type[D]) -> Callable[[JsonValue], D]:
    """Return the dependency that reads the body as a `kind`; unknown keys are refused with 422."""

    def read(body: Annotated[JsonValue, Depends(order_json)]) -> D:
        return kind.read(body, "body")

    return read


BODIES: set[type[Document]] = set()
"""Every kind that a route has described; the API's document holds the schema of each."""


def described(*kinds: type[Document]) -> dict[str, Any]:
    """Return the OpenAPI description of a body that is one of these kinds."""
    BODIES.update(kinds)
    refs = [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in kinds]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def media_type(request: Request) -> str:
    """Return the content type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_type(request: Request, taken: Sequence[str]) -> None:
    kind = media_type(request)
    if not any(fnmatchcase(kind, pattern) for pattern in taken):
        detail = f"unsupported content type {kind[:80]!r}; send {' or '.join(one for one in taken if '*' not in one)}"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


async def _drain(request: Request) -> None:
    async def swallow() -> None:
        seen = 0
        async for chunk in request.stream():
            seen += len(chunk)
            if seen > _DRAIN_BYTES:
                return

    try:
        await asyncio.wait_for(swallow(), _DRAIN_SECONDS)
    except (TimeoutError, RuntimeError, ClientDisconnect):
        # Too slow, or already read to its end: the answer goes out now.
        return


def _too_large(most: int) -> Refusal:
    detail = f"the body is larger than {most} bytes; send several smaller ones"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"Connection": "close"})
