"""Whether something listens on a TCP port."""

import socket
from datetime import timedelta


def accepts(host: str, port: int, timeout: timedelta) -> bool:
    """Return whether another socket accepts a connection within `timeout`."""
    try:
        with socket.create_connection((host, port), timeout=timeout.total_seconds()) as connection:
            return not meets_itself(connection)
    except OSError:
        return False


def meets_itself(connection: socket.socket) -> bool:
    """Return whether both ends are this socket.

    If nothing listens on a port from which the kernel may also take the ports of outgoing connections, then now and
    then it gives a connection to that port the very port as its own, and TCP connects the socket to itself.
    """
    try:
        peer = connection.getpeername()
    except OSError:
        # Another socket has accepted it, and reset it since.
        return False
    return bool(connection.getsockname() == peer)
