"""Servers for the proxy's tests: one echoes everything, one reads everything and answers at the end."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]


def echo(wire: socket.socket) -> None:
    while data := wire.recv(4096):
        wire.sendall(data)


def hear_out(wire: socket.socket) -> None:
    """Answer with what was read once the other side has finished."""
    heard = read_all(wire)
    wire.sendall(heard[::-1])


def read_all(wire: socket.socket) -> bytes:
    found = bytearray()
    while data := wire.recv(65536):
        found += data
    return bytes(found)


def read_exactly(wire: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (data := wire.recv(count - len(found))):
        found += data
    return bytes(found)


@contextmanager
def server(talk: Talk) -> Iterator[tuple[str, int]]:
    """Serve until the end of the block, each connection in a thread of its own."""
    threads: list[threading.Thread] = []
    wires: list[socket.socket] = []

    def converse(wire: socket.socket) -> None:
        with wire, suppress(OSError):
            talk(wire)

    def take(listener: socket.socket) -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            wires.append(wire)
            threads.append(threading.Thread(target=converse, args=(wire,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        door = threading.Thread(target=take, args=(listener,))
        door.start()
        try:
            yield listener.getsockname()
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            door.join(5)
            for wire in wires:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)
