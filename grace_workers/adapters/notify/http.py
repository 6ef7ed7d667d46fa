"""One POST of JSON, with its failures in our own words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from grace_workers.foundation.errors import PermanentError, TransientError

_WITHIN = 10.0
_MOST = 1 << 16


def post(url: str, body: Any, *, headers: Mapping[str, str] | None = None, what: str) -> Any:
    """Send `body` and return the answer's JSON, or its text where it is none. The address is in no message.

    Raises:
        TransientError: no answer, 429 or a fault of the other side.
        PermanentError: the other side refuses it.
    """
    content = body if isinstance(body, bytes) else None
    try:
        with httpx.Client(trust_env=False, timeout=_WITHIN, follow_redirects=False) as client:
            answer = client.post(
                url, content=content, json=None if content is not None else body, headers=dict(headers or {})
            )
    except httpx.HTTPError as error:
        raise TransientError(f"{what} does not answer: {type(error).__name__}") from error
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TransientError(f"{what} cannot take it now: it answers with {status}")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise PermanentError(f"{what} refuses it: it answers with {status}; check the connection of this way")
    try:
        return answer.json()
    except ValueError:
        return answer.text[:_MOST]
