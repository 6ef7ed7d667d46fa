"""An HTTP probe against servers that answer, redirect, trickle, flood, or hang up."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from grace_workers.drivers._shared.http_service import HttpService
from grace_workers.foundation.errors import InputError

SECOND = timedelta(seconds=1)


class Server:
    """Answers every connection with one function and records what was asked."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._door = socket.create_server(("127.0.0.1", 0))
        self.asked: list[bytes] = []
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def close(self) -> None:
        self.stop.set()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                session, _ = self._door.accept()
            except OSError:
                return
            with session, suppress(OSError):
                self.asked.append(session.recv(65536))
                self._answer(session)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], Server]]:
    made: list[Server] = []

    def start(answer: Callable[[socket.socket], None]) -> Server:
        made.append(Server(answer))
        return made[-1]

    yield start
    for server in made:
        server.close()


def saying(head: bytes, body: bytes = b"") -> Callable[[socket.socket], None]:
    def answer(session: socket.socket) -> None:
        session.sendall(b"HTTP/1.1 " + head + b"\r\nConnection: close\r\n\r\n" + body)

    return answer


@pytest.mark.parametrize("status", [200, 404, 500, 503])
def test_the_status_is_what_the_server_says(serve: Callable[..., Server], status: int) -> None:
    server = serve(saying(f"{status} Said\r\nContent-Length: 2".encode(), b"ok"))
    found, seconds = HttpService(server.url).get("/healthz?deep=1", SECOND)
    assert (status, True) == (found, 0 < seconds < 1)
    assert server.asked[0].startswith(b"GET /healthz?deep=1 HTTP/1.1")


def test_paths_are_taken_below_the_declared_url(serve: Callable[..., Server]) -> None:
    server = serve(saying(b"200 OK\r\nContent-Length: 0"))
    HttpService(server.url + "/shop/").get("/health", SECOND)
    assert server.asked[0].startswith(b"GET /shop/health ")


def test_a_redirect_is_a_status_and_is_not_followed(serve: Callable[..., Server]) -> None:
    other = serve(saying(b"200 OK\r\nContent-Length: 0"))
    server = serve(saying(b"302 Found\r\nLocation: " + other.url.encode() + b"\r\nContent-Length: 0"))
    assert HttpService(server.url).get("/", SECOND)[0] == 302
    assert other.asked == []


def test_an_endless_answer_is_cut(serve: Callable[..., Server]) -> None:
    def flood(session: socket.socket) -> None:
        session.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            session.sendall(b"x" * 65536)

    assert HttpService(serve(flood).url).get("/", timedelta(seconds=10))[0] == 200


@pytest.mark.timeout(20)
def test_an_answer_that_trickles_is_no_answer(serve: Callable[..., Server]) -> None:
    def trickle(session: socket.socket) -> None:
        session.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server.stop.wait(0.05):
            session.sendall(b"x")

    server = serve(trickle)
    status, seconds = HttpService(server.url).get("/", timedelta(milliseconds=300))
    assert status == 0
    assert seconds < 2


@pytest.mark.timeout(20)
def test_silence_hanging_up_and_noise_are_no_answers(serve: Callable[..., Server]) -> None:
    silent = serve(lambda _: None)
    noisy = serve(lambda session: session.sendall(b"\x00\xff not http at all\r\n\r\n"))
    for server in (silent, noisy):
        assert HttpService(server.url).get("/", timedelta(milliseconds=300))[0] == 0


def test_a_closed_port_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
    assert HttpService(url).get("/", SECOND)[0] == 0


@pytest.mark.parametrize(
    "path", ["", "health", "//other.example/", "/a/../b", "/a\x00b", "/a\r\nHost: x", "\\\\x", "@other.example", "/\\x"]
)
def test_a_path_that_could_leave_the_service_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        HttpService("http://127.0.0.1:1").get(path, SECOND)


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://", "not a url", "file:///etc/passwd", "http://[::1"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        HttpService(url)
