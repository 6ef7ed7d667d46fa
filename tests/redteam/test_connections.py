"""A stranger's connections cost little: silent, slow, half-open, greedy or byte by byte, each is closed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import uvicorn

from grace_workers.entrypoints.api.connection import BoundedConnection
from tests.waiting import until

BODY = b"x" * 4_000_000


class Hasty(BoundedConnection):
    """The same with little patience."""

    most = 4
    asked_within = 0.4
    taken_within = 0.4


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer /large with four megabytes, /read once the body is there, and all else at once, unread."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/read":
        while (await receive()).get("more_body"):
            pass
    body = BODY if scope["path"] == "/large" else b"ok"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(protocol: type[BoundedConnection]) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        until(lambda: server.started, within=10)
        yield listener.getsockname()
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[str, int]]:
    with served(Hasty) as address:
        yield address


@contextmanager
def connected(door: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(door, timeout=10) as client:
        yield client


def ended(client: socket.socket) -> bool:
    """Return whether the server has closed the connection; what it sent before is read."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        return True
    return True


def test_a_client_that_sends_nothing_is_disconnected(door: tuple[str, int]) -> None:
    with connected(door) as client:
        assert ended(client)


def test_a_client_that_sends_a_byte_at_a_time_is_disconnected(door: tuple[str, int]) -> None:
    def trickle(client: socket.socket) -> None:
        pause = threading.Event()
        try:
            for letter in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 100_000:
                client.sendall(bytes([letter]))
                pause.wait(0.02)
        except OSError:
            return

    with connected(door) as client:
        sender = threading.Thread(target=trickle, args=(client,))
        sender.start()
        assert ended(client)
        sender.join(10)
        assert not sender.is_alive()


def test_an_idle_client_that_was_answered_is_disconnected(door: tuple[str, int]) -> None:
    with connected(door) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ended(client)


def test_a_client_that_keeps_sending_a_refused_body_is_disconnected(door: tuple[str, int]) -> None:
    with connected(door) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        client.sendall(b"x")
        assert ended(client)


def test_a_client_that_reads_no_answer_is_disconnected(door: tuple[str, int]) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(door)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        threading.Event().wait(1.5)
        taken = 0
        try:
            while chunk := client.recv(65_536):
                taken += len(chunk)
        except ConnectionResetError:
            pass
        assert taken < len(BODY)


def test_a_body_in_crumbs_is_ended(door: tuple[str, int]) -> None:
    with connected(door) as client:
        client.sendall(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            client.sendall(b"1\r\nx\r\n" * 100_000)
        assert ended(client)


def test_a_large_body_in_valid_chunks_is_accepted(door: tuple[str, int]) -> None:
    with connected(door) as client:
        client.sendall(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            client.sendall(b"2710\r\n" + b"y" * 10_000 + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_where_all_connections_are_held_the_longest_silent_one_gives_way() -> None:
    class Patient(Hasty):
        asked_within = 30.0

    with served(Patient) as door:
        held = [socket.create_connection(door, timeout=10) for _ in range(Patient.most)]
        try:
            for _ in range(20):
                with connected(door) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    assert client.recv(1000).startswith(b"HTTP/1.1 200")
            assert ended(held[0])
        finally:
            for one in held:
                one.close()
