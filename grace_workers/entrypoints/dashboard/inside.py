"""`InsideApi`: the public HTTP API, called within this process exactly as a client calls it over the network.

The dashboard has no other way to read or change anything, so a page can never show what the API would refuse.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Message, Scope

from grace_workers.foundation.document import JsonValue

_FIRST_ERROR = 400
_AHEAD = 64


class ApiRefusal(Exception):  # noqa: N818 - the API's own word for it
    """The API answered with a problem: its status, its sentence, and when to retry."""

    def __init__(self, status: int, detail: str, retry_after: str | None = None) -> None:
        super().__init__(detail)
        self.status = int(status)
        self.detail = detail
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class InsideApi:
    """The API for one caller. `client` is the caller's own address, because failed logins are counted by address."""

    app: ASGIApp
    token: str | None
    client: tuple[str, int] | None

    async def get(self, path: str, **params: Any) -> Any:
        """Return what `GET path` answers, without the params that are None. Raises ApiRefusal."""
        return json.loads(await self._ask("GET", path, params, b""))

    async def text(self, path: str) -> str:
        """Return the text that `GET path` answers. Raises ApiRefusal."""
        return (await self._ask("GET", path, {}, b"")).decode()

    async def post(self, path: str, body: Mapping[str, JsonValue] | None = None, **params: Any) -> Any:
        """Return what `POST path` answers. Raises ApiRefusal."""
        return json.loads(await self._ask("POST", path, params, b"" if body is None else json.dumps(body).encode()))

    async def delete(self, path: str) -> Any:
        """Return what `DELETE path` answers. Raises ApiRefusal."""
        return json.loads(await self._ask("DELETE", path, {}, b""))

    async def readiness(self) -> Any:
        """Return what `/readyz` answers, whatever its status."""
        exchange = _Exchange(b"")
        await exchange.run(self.app, self._scope("GET", "/readyz", {}, b""))
        await exchange.begin()
        return json.loads(await exchange.body())

    async def lines(self, path: str, **params: Any) -> AsyncGenerator[str]:
        """Yield the lines of a stream until it ends. Raises ApiRefusal."""
        exchange = _Exchange(b"", most=_AHEAD)
        task = asyncio.create_task(exchange.run(self.app, self._scope("GET", path, params, b"")))
        try:
            status, headers = await exchange.begin()
            if status >= _FIRST_ERROR:
                _check(status, headers, await exchange.body())
            rest = ""
            async with aclosing(exchange.parts()) as parts:
                async for part in parts:
                    *whole, rest = (rest + part.decode()).split("\n")
                    for line in whole:
                        yield line
        finally:
            exchange.leave()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _ask(self, method: str, path: str, params: Mapping[str, Any], raw: bytes) -> bytes:
        exchange = _Exchange(raw)
        await exchange.run(self.app, self._scope(method, path, params, raw))
        status, headers = await exchange.begin()
        answer = await exchange.body()
        _check(status, headers, answer)
        return answer

    def _scope(self, method: str, path: str, params: Mapping[str, Any], raw: bytes) -> Scope:
        query = urlencode({key: value for key, value in params.items() if value is not None}, doseq=True)
        headers = [(b"host", b"dashboard"), (b"accept", b"application/json")]
        if self.token is not None:
            headers.append((b"authorization", b"Bearer " + self.token.encode("latin-1", "replace")))
        if raw:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "client": self.client,
            "server": ("dashboard", 80),
            "state": {},
        }


class _Exchange:
    """One request and its answer. With `most`, the application waits until parts are read before it sends more."""

    def __init__(self, raw: bytes, most: int = 0) -> None:
        self._raw: bytes | None = raw
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue(most)
        self._gone = asyncio.Event()

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Let the application answer."""
        try:
            await app(scope, self._receive, self._sent.put)
        finally:
            if not self._gone.is_set():
                await self._sent.put(None)

    async def begin(self) -> tuple[int, Mapping[bytes, bytes]]:
        """Return status and headers."""
        message = await self._sent.get()
        if message is None:
            raise ApiRefusal(500, "the API ended without an answer")
        return int(message["status"]), dict(message.get("headers", ()))

    async def parts(self) -> AsyncGenerator[bytes]:
        """Yield the parts of the body."""
        while (message := await self._sent.get()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body"):
                return

    async def body(self) -> bytes:
        """Return the whole body."""
        return b"".join([part async for part in self.parts()])

    def leave(self) -> None:
        """Stop reading."""
        self._gone.set()

    async def _receive(self) -> Message:
        if self._raw is None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        raw, self._raw = self._raw, None
        return {"type": "http.request", "body": raw, "more_body": False}


def _check(status: int, headers: Mapping[bytes, bytes], body: bytes) -> None:
    if status < _FIRST_ERROR:
        return
    retry = headers.get(b"retry-after")
    raise ApiRefusal(status, _detail(body), None if retry is None else retry.decode())


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "the API gave no reason"
