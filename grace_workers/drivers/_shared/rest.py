"""JSON over HTTP to an API that manages something, with its failures in our own words; the login is in no message."""

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from grace_workers.foundation.errors import ConflictError, GraceError, NotFoundError, PermanentError, TransientError
from grace_workers.foundation.redaction import starred

_WITHIN, _MOST = 20.0, 8 << 20
_LONGEST, _MOST_PAGES = 300, 1_000
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_CONFLICT = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
# Google answers 403, and some of Azure's services 409, where others answer 429.
_RATE_REASONS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED", "OperationNotAllowedDueToRateLimit"}
)
# A value of an earlier answer raises them. They may quote the login, so they are no cause of our errors.
_UNFIT = (httpx.InvalidURL, UnicodeEncodeError)
_SECONDS = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAnswer:
    """The JSON of an answer, None if empty; the version of what it is about, and where its work can be followed."""

    body: Any
    etag: str | None = None
    followed_at: str | None = None


class RestApi:
    """The API at `address`, called `name` in messages. `login` returns the headers that prove who asks.

    An answer that is no JSON is an error, unless it is `plain`, where such an answer counts as empty.
    """

    def __init__(self, name: str, address: str, login: Callable[[], Mapping[str, str]], *, plain: bool = False) -> None:
        self.name = name
        self._address = address.rstrip("/")
        self._login = login
        self._plain = plain

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        what: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RestAnswer:
        """Return the answer; an error names `what` it was asked for.

        Raises:
            TransientError: no answer, a limit of calls, or a fault of the other side.
            NotFoundError: it is not there, or not any more.
            ConflictError: its state or version is not as the request expects.
            PermanentError: it refuses the login, the right or the request, or answers with something else.
        """
        end = time.monotonic() + _WITHIN
        sent = {"Accept-Encoding": "identity", **self._login(), **(headers or {})}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            with (
                self._client(sent) as client,
                client.stream(method, self._address + path, content=content, params=query) as answer,
            ):
                told = self._content(answer, what, end)
        except httpx.HTTPError as error:
            raise TransientError(f"{what}: {self.name} cannot be reached ({type(error).__name__})") from error
        except _UNFIT:
            raise PermanentError(f"{what}: {self.name} gave a name or version that no request can carry") from None
        read = _json(told)
        if not answer.is_success:
            raise self._translated(what, answer, read)
        if told and read is None and not self._plain:
            raise PermanentError(f"{what}: {self.name} answers with something that is no JSON; check the address")
        told_at = answer.headers.get("Azure-AsyncOperation") or answer.headers.get("Location")
        return RestAnswer(body=read, etag=answer.headers.get("ETag"), followed_at=told_at)

    def path_of(self, address: str, what: str) -> str:
        """Return what of an address that the API told is below its own. Raises PermanentError for any other."""
        if not address.startswith(f"{self._address}/"):
            raise PermanentError(f"{what}: {self.name} points to another host than its own; check `endpoint`")
        return address.removeprefix(self._address)

    def _client(self, headers: Mapping[str, str]) -> httpx.Client:
        # To read the trusted certificates takes longer than most answers.
        verify = _trusted() if self._address.startswith("https:") else False
        return httpx.Client(verify=verify, trust_env=False, follow_redirects=False, timeout=_WITHIN, headers=headers)

    def _content(self, answer: httpx.Response, what: str, end: float) -> bytes:
        content = bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            # Each chunk is in time by itself if they come slowly.
            if time.monotonic() > end:
                raise TransientError(f"{what}: the answer of {self.name} did not end within {_WITHIN:g} s")
            if len(content) > _MOST:
                raise PermanentError(f"{what}: {self.name} answers with more than {_MOST} bytes")
        return bytes(content)

    def _translated(self, what: str, answer: httpx.Response, told: Any) -> GraceError:
        status, (reasons, message) = answer.status_code, _reason(told)
        words = f"{what}: {self.name} answers {status}{f': {message}' if message else ''}"
        if status in _BUSY or reasons & _RATE_REASONS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = answer.headers.get("Retry-After", "")
            after = timedelta(seconds=int(wait)) if _SECONDS.fullmatch(wait) else None
            return TransientError(words, retry_after=after)
        if status == HTTPStatus.UNAUTHORIZED:
            return PermanentError(f"{words}; correct the login")
        if status == HTTPStatus.FORBIDDEN:
            return PermanentError(f"{words}; allow it to Grace's login")
        if status in _GONE:
            return NotFoundError(words)
        return ConflictError(words) if status in _CONFLICT else PermanentError(words)


def pages(first: Any, following: Callable[[Any], Any | None], what: str) -> Iterator[Any]:
    """Yield the pages of a list. Raises PermanentError when they do not end."""
    page: Any | None = first
    for _ in range(_MOST_PAGES):
        if page is None:
            return
        yield page
        page = following(page)
    raise PermanentError(f"{what}: the list has more than {_MOST_PAGES} pages")


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def _reason(told: Any) -> tuple[frozenset[str], str]:
    """Return the reasons that an API gives for a refusal, and its message as one short line."""
    inner = told.get("error", told) if isinstance(told, dict) else None
    if not isinstance(inner, dict):
        return frozenset(), ""
    listed = inner.get("errors")
    errors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    codes = [inner.get("code"), inner.get("status"), inner.get("errorCode"), *(one.get("reason") for one in errors)]
    reasons = [one for one in codes if isinstance(one, str)]
    said = str(inner.get("message") or inner.get("errorDetails") or "")
    words = " ".join([*reasons[:1], said])
    line = " ".join("".join(one if one.isprintable() else " " for one in words).split())
    return frozenset(reasons), starred(line)[:_LONGEST]
