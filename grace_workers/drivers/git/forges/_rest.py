"""JSON over HTTP to a forge, with its failures in our own words; the token is in no message."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx

from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.redaction import starred

_WITHIN, _MOST = 20.0, 4 << 20
_LIMITED = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
_UNKNOWN_TOKEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class ForgeApi:
    """The API at `address`, called `name` in messages."""

    def __init__(self, name: str, address: str, headers: Mapping[str, str]) -> None:
        self.name = name
        self._address = address
        self._headers = {"Accept-Encoding": "identity", **headers}

    def found(self, path: str, **query: str) -> Any:
        """Return what is at a path; None if nothing is. Raises as `ask` does."""
        return self.ask("GET", path, query=query, missing=True)

    def ask(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None, missing: bool = False
    ) -> Any:
        """Return the JSON of an answer, None if it is empty, or, with `missing`, if the answer is 404.

        Raises:
            TransientError: no answer, a limit of calls, or a fault of the other side.
            PermanentError: it refuses, or answers with something else.
        """
        end = time.monotonic() + _WITHIN
        try:
            with (
                httpx.Client(trust_env=False, follow_redirects=False, timeout=_WITHIN, headers=self._headers) as client,
                client.stream(method, self._address + path, json=body, params=query) as answer,
            ):
                content = self._content(answer, end)
        except httpx.HTTPError as error:
            raise TransientError(f"{self.name} does not answer: {type(error).__name__}") from error
        if missing and answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._judge(answer, method, path, content)
        return self._json(content) if content else None

    def _content(self, answer: httpx.Response, end: float) -> bytes:
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            # Each chunk is in time by itself if they come slowly.
            if time.monotonic() > end:
                raise TransientError(f"the answer of {self.name} did not end within {_WITHIN:g} s")
            if len(content) > _MOST:
                raise PermanentError(f"{self.name} answers with more than {_MOST} bytes")
        return bytes(content)

    def _judge(self, answer: httpx.Response, method: str, path: str, content: bytes) -> None:
        status, wait = answer.status_code, answer.headers.get("Retry-After", "")
        spent = answer.headers.get("X-RateLimit-Remaining") == "0" or status == HTTPStatus.TOO_MANY_REQUESTS
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or (status in _LIMITED and (spent or wait)):
            after = timedelta(seconds=int(wait)) if wait.isascii() and wait.isdigit() and len(wait) < 6 else None  # noqa: PLR2004
            raise TransientError(f"{self.name} cannot take it now: it answers with {status}", retry_after=after)
        if status in _UNKNOWN_TOKEN:
            words = (
                f"{self.name} refuses the token with {status}; it must be allowed to write contents and pull requests"
            )
            raise PermanentError(words)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise PermanentError(f"{self.name} answers {method} {path} with {status}{self._reason(content)}")

    def _reason(self, content: bytes) -> str:
        """Return what the other side says about a refusal, as one short line."""
        try:
            told = json.loads(content)
        except (ValueError, RecursionError):
            return ""
        said = told.get("message") or told.get("error") if isinstance(told, dict) else None
        line = " ".join("".join(one if one.isprintable() else " " for one in str(said)).split()) if said else ""
        return f": {starred(line)[:200]}" if line else ""

    def _json(self, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise PermanentError(
                f"{self.name} answers with something that is no JSON; check `remote.address`"
            ) from None
