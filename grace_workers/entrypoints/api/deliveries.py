"""From a request to a delivery: which source it is for, its bytes, and whether its signature holds."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import Depends, Request
from pydantic import SecretStr

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Known, Run
from grace_workers.entrypoints.api.body import Kind, body_of, media_type
from grace_workers.entrypoints.api.lanes import Lanes
from grace_workers.entrypoints.api.problems import Refusal
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.signals import Delivery, SignatureError, Source

OWN = "plain"
"""The source at the bare address."""

log = structlog.get_logger()


def source_of(request: Request) -> Source:
    """Return the source that the address names. Raises NotFoundError: there is none, or it has no such path."""
    runtime: Runtime = request.app.state.runtime
    source = runtime.catalogs.sources[request.path_params.get("source", OWN)]
    below = request.path_params.get("below", "").strip("/")
    if not source.serves(below):
        raise NotFoundError(f"source {source.name!r} has no path {below[:80]!r}; send to the source's own address")
    return source


def _taken_by(request: Request) -> Sequence[str]:
    return [one for source in _family(request) for one in source.content_types]


_DELIVERY = Kind(_taken_by, lambda api: api.max_bulk_bytes, Lanes.for_signals, packed=True)
_Raw = Annotated[bytes, Depends(body_of(_DELIVERY), scope="function")]


def known_source(request: Request, _caller: Known) -> None:
    """Refuse an address that names no source, before anything is read. Raises NotFoundError."""
    source_of(request)


KnownSource = Annotated[None, Depends(known_source)]


def delivery_of(request: Request, runtime: Run, raw: _Raw) -> Delivery:
    """Return the body with what surrounds it."""
    return Delivery(
        body=raw,
        content_type=media_type(request),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query_params),
        path=request.path_params.get("below", "").strip("/"),
        received_at=runtime.clock.now(),
    )


Delivered = Annotated[Delivery, Depends(delivery_of)]


def reader_of(request: Request, delivery: Delivery) -> Source:
    """Return the source that reads the delivery: the named one, or the one of its family that it fits.

    Raises:
        Refusal: 400 when it fits none, 401 when its signature does not hold.
    """
    family = _family(request)
    source = next((one for one in family if one.fits is None or one.fits(delivery)), None)
    if source is None:
        known = "; ".join(f"{one.name}: {one.summary}" for one in family)
        raise Refusal(HTTPStatus.BAD_REQUEST, f"the body matches no format that is accepted here ({known})")
    # Both formats must pass, the address's and the body's, so that no secret can be bypassed with another format.
    for signing in dict.fromkeys((family[0].name, source.name)):
        _check_signature(request, next(one for one in family if one.name == signing), delivery)
    return source


def check_signing(secrets: dict[str, SecretStr], sources: Sequence[Source]) -> None:
    """Check that every signing secret of the settings is for a source whose senders sign. Raises InputError."""
    signing = [one.name for one in sources if one.verify is not None]
    for name in secrets:
        if name not in signing:
            known = ", ".join(signing) or "none"
            raise InputError(
                f"api.signing_secrets: source {name[:80]!r} does not check signatures; sources that do: {known}"
            )


def _family(request: Request) -> Sequence[Source]:
    """Return the sources that share the address, the named one first."""
    named = source_of(request)
    others = request.app.state.runtime.catalogs.sources if named.family else ()
    return [named, *(one for one in others if one.family == named.family and one is not named)]


def _check_signature(request: Request, source: Source, delivery: Delivery) -> None:
    secret = request.app.state.runtime.settings.api.signing_secrets.get(source.name)
    if secret is None or source.verify is None:
        return
    try:
        source.verify(delivery, secret.get_secret_value(), delivery.received_at)
    except SignatureError as error:
        log.warning("signature_refused", source=source.name, caller=request.state.caller, why=str(error))
        raise Refusal(HTTPStatus.UNAUTHORIZED, str(error)) from error
