"""A real, tiny HTTP server that accepts signals, and can stall, refuse or die."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class TinyServer:
    """Answers POSTs as `answer` says; keeps the signals of those it answered with 2xx."""

    def __init__(self, port: int = 0, answer: Callable[[list[dict[str, Any]]], int] = lambda signals: 202) -> None:
        self.signals: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections: list[socket.socket] = []
        self.answer = answer
        self.released = threading.Event()
        self.released.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._door())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        # A dead server keeps no connection alive, so neither does this one.
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _door(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the inner class has the other self
        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes, and the second must not wait until the first is acknowledged.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                outer.connections.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.released.wait(30)
                signals = json.loads(body)["signals"]
                outer.requests.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                status = outer.answer(signals)
                if status < 300:
                    outer.signals.extend(signals)
                words = b"" if status < 300 else b"target 'shpo' is not declared"
                self.send_response(status)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            def log_message(self, *args: object) -> None:
                """Log nothing."""

        return Door
