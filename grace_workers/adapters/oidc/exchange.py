"""Requests to the provider: bounded in time and size, without redirects and without a proxy of the environment."""

import re
import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from grace_workers.foundation.api_address import is_readable_on_the_way
from grace_workers.foundation.errors import InputError, PermanentError, TransientError

_CONNECT, _SECONDS, _LARGEST = 3.0, 8.0, 256 * 1024
_ERROR = re.compile(r"[a-z_]{1,40}")
_OURS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"})


def fetched(url: str) -> Mapping[str, Any]:
    """Return the JSON object at the address.

    Raises:
        TransientError: there is no answer in time, or one of 5xx.
        PermanentError: the answer is no JSON object, or the address sends what it says in clear text.
    """
    status, content = _asked("GET", url)
    if status != HTTPStatus.OK:
        raise PermanentError(f"the identity provider answers {status} at {url}; check `sign_in.issuer`")
    return content


def redeemed(url: str, form: Mapping[str, str], client: tuple[str, str] | None) -> Mapping[str, Any]:
    """Return the tokens for a code; `client` is its id and secret as HTTP basic credentials.

    Raises:
        InputError: the code is refused.
        TransientError: as `fetched` does.
        PermanentError: the client is refused, or as `fetched` does.
    """
    status, content = _asked("POST", url, form, client)
    if status == HTTPStatus.OK:
        return content
    told = str(content.get("error", ""))
    word = told if _ERROR.fullmatch(told) else f"status {status}"
    if told in _OURS or status == HTTPStatus.UNAUTHORIZED:
        raise PermanentError(
            f"the identity provider refuses this client: {word}; correct `sign_in.client_id` and its client_secret"
        )
    raise InputError(f"the identity provider refuses the code: {word}; sign in again")


def _asked(
    method: str, url: str, form: Mapping[str, str] | None = None, client: tuple[str, str] | None = None
) -> tuple[int, Mapping[str, Any]]:
    if is_readable_on_the_way(url) or not url.startswith(("https://", "http://")):
        raise PermanentError(f"the identity provider names {url[:200]!r}, which is not reached over https")
    timeout = httpx.Timeout(_SECONDS, connect=_CONNECT)
    try:
        with (
            # The system's certificates, and those of SSL_CERT_FILE, because many providers are behind an own authority.
            httpx.Client(trust_env=False, timeout=timeout, verify=ssl.create_default_context()) as session,
            session.stream(method, url, data=form, auth=client, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise TransientError(f"the identity provider answers {answer.status_code}; try again")
            return answer.status_code, _object(answer, url)
    except httpx.HTTPError as error:
        raise TransientError(f"the identity provider does not answer: {type(error).__name__}; try again") from error
    except httpx.InvalidURL as error:
        raise PermanentError(f"the identity provider names {url[:200]!r}, which is no address") from error


def _object(answer: httpx.Response, url: str) -> Mapping[str, Any]:
    content, end = bytearray(), time.monotonic() + _SECONDS
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > _LARGEST:
            raise PermanentError(f"the identity provider answers with more than {_LARGEST} bytes at {url}")
        # Each chunk is in time by itself if they come slowly.
        if time.monotonic() > end:
            raise TransientError("the answer of the identity provider did not end in time; try again")
    try:
        found = httpx.Response(HTTPStatus.OK, content=bytes(content)).json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if answer.status_code == HTTPStatus.OK:
        raise PermanentError(f"the identity provider answers with something that is no JSON object at {url}")
    return {}
