"""A small health-checked HTTP balancer, so that the benchmark needs no other program.

It does what docker/proxy/haproxy.cfg asks of HAProxy: one connection a request, a health check at /healthz every
quarter of a second, and a retry elsewhere when an instance is gone before it answered and the request may be repeated.
It is not part of the product.
"""

import http.client
import itertools
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOK_EVERY = 0.25
PATIENCE = 10.0
PASSED_ON = ("Authorization", "Content-Type", "Idempotency-Key")


class Balancer:
    """Serves on a free port of loopback; `ports` are the instances'."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._turn = itertools.count()
        self._ports = list(ports)
        self._healthy: frozenset[int] = frozenset()
        self._stopped = threading.Event()
        balancer = self

        class Passing(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                balancer.pass_on(self)

            def do_POST(self) -> None:
                balancer.pass_on(self)

            def log_message(self, *_arguments: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        self.port = int(self._server.server_address[1])
        self._threads = [threading.Thread(target=self._look), threading.Thread(target=self._server.serve_forever)]
        for thread in self._threads:
            thread.start()

    def healthy(self) -> int:
        """Return how many instances answer."""
        return len(self._healthy)

    def close(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        repeatable = request.command == "GET" or "Idempotency-Key" in request.headers
        first = next(self._turn)
        for number in range(3 if repeatable else 1):
            ports = sorted(self._healthy) or self._ports
            port = ports[(first + number) % len(ports)]
            try:
                status, content = self._ask(port, request, body)
            except (OSError, http.client.HTTPException):
                self._healthy -= {port}
                continue
            self._answer(request, status, content)
            return
        self._answer(request, 502, b"no instance answered")

    @staticmethod
    def _ask(port: int, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(request.command, request.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _look(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            self._healthy = frozenset(port for port in self._ports if self._is_healthy(port))

    @staticmethod
    def _is_healthy(port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
