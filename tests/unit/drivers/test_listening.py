import socket
import struct
from datetime import timedelta

import pytest

from grace_workers.drivers._shared.listening import accepts, meets_itself

SOON = timedelta(seconds=1)


def test_a_port_accepts_while_something_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        assert accepts(host, port, SOON)
    assert not accepts(host, port, SOON)


def test_a_socket_that_was_connected_to_itself_is_told_from_one_that_was_accepted() -> None:
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", 0))
        alone.connect(alone.getsockname())
        assert meets_itself(alone)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as caller:
        assert not meets_itself(caller)


def test_a_listener_that_resets_what_it_accepted_is_a_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as caller:
        accepted, _ = listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        with pytest.raises(ConnectionResetError):
            caller.recv(1)
        assert not meets_itself(caller)
