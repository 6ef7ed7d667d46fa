"""An API of ours over HTTP that answers as a published one does, and what goes wrong between it and its users.

One server serves all tests of a process. `throttled` answers the next requests with 429, `stale` reads come from before
the latest change, and `refused` answers the next request that would change something.
"""

import copy
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: the path is decoded, and the body is what its JSON says."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    """One answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Emulated:
    """One API: `answer` tells what it says, `reads` which of its requests may be answered with what was before."""

    answer: Callable[[Asked], Told]
    reads: Callable[[Asked], bool] = lambda asked: asked.method == "GET"
    url: str = ""
    throttled: int = 0
    stale: int = 0
    refused: Told | None = None
    asked: list[Asked] = field(default_factory=list)
    _last: dict[str, Told] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def told(self, asked: Asked) -> Told:
        """Answer one request after another."""
        with self._lock:
            self.asked.append(asked)
            if self.throttled:
                self.throttled -= 1
                return Told(429, {"error": {"message": "Too many requests."}}, {"Retry-After": "7"})
            if not self.reads(asked):
                return self._changed(asked)
            place = f"{asked.path}?{sorted(asked.query.items())}"
            if self.stale and place in self._last:
                self.stale -= 1
                return self._last[place]
            self._last[place] = copy.deepcopy(self.answer(asked))
            return self._last[place]

    def well(self) -> None:
        """Let nothing go wrong any more."""
        self.throttled = self.stale = 0
        self.refused = None
        self.asked.clear()

    def _changed(self, asked: Asked) -> Told:
        refused, self.refused = self.refused, None
        return refused or self.answer(asked)


def served(api: Emulated) -> Emulated:
    """Serve the API until the process ends."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            place = urlsplit(self.path)
            query = dict(parse_qsl(place.query))
            body = _read(raw)
            told = api.told(Asked(self.command, unquote(place.path), query, dict(self.headers.items()), body))
            content = b"" if told.body is None else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="emulated", daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    return api


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return dict(parse_qsl(raw.decode(errors="replace")))
