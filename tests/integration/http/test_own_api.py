"""A node's own API, asked by the node itself, on a real server."""

import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from grace_workers.adapters.http.own_api import OwnApi
from grace_workers.fleet import ApiFacts
from grace_workers.foundation.errors import PermanentError, TransientError

TOKEN = "a token"


class Answers(BaseHTTPRequestHandler):
    """Answers like the API, over connections that stay open, and counts the connections."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes, and the second must not wait until the first is acknowledged.
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections.append(self.request)

    def do_GET(self):
        asked = self.headers.get("authorization") == f"Bearer {TOKEN}"
        body = b"grace_up 1\n" if self.path.startswith("/metrics") else b""
        self.send_response(200 if asked or self.path == "/healthz" else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.connections = []
    thread = threading.Thread(target=made.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def api(server, tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    made = OwnApi("0.0.0.0", server.server_port, tmp_path / "token")
    yield made
    made.close()


def test_all_calls_share_one_connection(server, api):
    assert api.facts() == ApiFacts(health=200, with_token=200)
    assert api.metrics("grace_up") == "grace_up 1\n"
    assert len(server.connections) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(server, api):
    api.facts()
    server.connections[0].shutdown(socket.SHUT_RDWR)
    assert api.facts() == ApiFacts(health=200, with_token=200)
    assert len(server.connections) == 2


def test_a_token_that_is_refused_is_told(server, api, tmp_path):
    (tmp_path / "token").write_text("another")
    assert api.facts() == ApiFacts(health=200, with_token=401)
    with pytest.raises(PermanentError, match="401"):
        api.metrics()


def test_without_a_token_only_health_is_asked(api, tmp_path):
    (tmp_path / "token").unlink()
    assert api.facts() == ApiFacts(health=200, with_token=None)
    assert api.metrics() is None


def test_an_api_that_never_answers_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = OwnApi("127.0.0.1", silent.getsockname()[1], tmp_path / "token", within=timedelta(milliseconds=100))
        with pytest.raises(TransientError, match="/healthz: TimeoutError"):
            api.facts()


def test_an_api_that_does_not_listen_is_told(server, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(TransientError, match="/healthz: ConnectionRefusedError"):
        OwnApi("127.0.0.1", port, tmp_path / "token").facts()
