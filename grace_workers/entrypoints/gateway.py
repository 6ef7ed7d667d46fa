"""`Gateway`: the HTTP API as its callers see it, command line and client alike. A refusal becomes one of our errors."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NoReturn, Self

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import (
    ConflictError,
    GraceError,
    InputError,
    IntegrityError,
    NotFoundError,
    PermanentError,
    TransientError,
)

_SECONDS = 15.0
_ERRORS: Mapping[int, type[GraceError]] = {
    404: NotFoundError,
    409: ConflictError,
    500: IntegrityError,
    501: PermanentError,
}
_LATER = frozenset({429, 502, 503, 504})
_FIRST_ERROR = 400


class Gateway:
    """One API. Close it, or use it as a context manager."""

    def __init__(self, url: str, token: str | None) -> None:
        import httpx

        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            self._http = httpx.Client(base_url=url, headers=headers, timeout=_SECONDS, trust_env=False)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise InputError("the URL or token is invalid; write http://host:port and the token as shown") from error
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def get(self, path: str, **params: str | int | None) -> Any:
        """Return the answer to `GET path`. Raises GraceError."""
        return self.ask("GET", path, params={key: value for key, value in params.items() if value is not None})

    def post(self, path: str, body: Mapping[str, JsonValue] | None = None, *, key: str | None = None) -> Any:
        """Return the answer to `POST path`; with `key`, sending it again changes nothing more. Raises GraceError."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.ask("POST", path, json=body, headers=headers)

    def stream(self, path: str, *, after: str | None, params: Mapping[str, Any]) -> Iterator[str]:
        """Yield the lines of a stream of server-sent events that continues after `after`, until it ends.

        Raises:
            TransientError: the API is unreachable, or the stream broke off.
            GraceError: the request was refused.
        """
        import httpx

        headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": after})
        try:
            with self._http.stream("GET", path, params=params, headers=headers) as response:
                if response.status_code >= _FIRST_ERROR:
                    response.read()
                    _refused(response.status_code, response.text, response.headers.get("retry-after"))
                yield from response.iter_lines()
        except httpx.HTTPError as error:
            raise TransientError(f"no API answers at {self.url}; start a node with `grace up`") from error

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON that one request answers.

        Raises:
            TransientError: the API is unreachable, or asks to retry later.
            GraceError: the request was refused; the message is the API's own.
        """
        import httpx

        try:
            response = self._http.request(method, path, **options)
        except httpx.UnsupportedProtocol as error:
            raise InputError(f"{self.url[:200]!r} is not the URL of an API; write http://host:port") from error
        except httpx.HTTPError as error:
            raise TransientError(f"no API answers at {self.url}; start a node with `grace up`") from error
        if response.status_code >= _FIRST_ERROR:
            _refused(response.status_code, response.text, response.headers.get("retry-after"))
        return response.json()


def _refused(status: int, text: str, retry_after: str | None) -> NoReturn:
    detail = _detail(text) or f"the API answered {status}"
    if status in _LATER:
        wait = timedelta(seconds=int(retry_after)) if retry_after and retry_after.isdecimal() else None
        raise TransientError(detail, retry_after=wait)
    raise _ERRORS.get(status, InputError)(detail)


def _detail(text: str) -> str | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return str(body["detail"]) if isinstance(body, dict) and "detail" in body else None
