"""Observing processes and ports from outside: does it answer, is the port free."""

import http.client
import socket
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

_PATIENCE = 2.0
# A server that reports too much work is alive.
_ALIVE = frozenset({HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def answers(url: str) -> Callable[[], bool]:
    """Return a self-test: whether a GET of `url` is answered with 200, or refused because of too much work.

    It raises TimeoutError when there is no answer within two seconds.
    """
    parts = urlsplit(url)

    def test() -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_PATIENCE)
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status in _ALIVE
        except TimeoutError:
            raise TimeoutError(f"{url} within {_PATIENCE:g} s") from None
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return test


def why_not_listen(host: str, port: int) -> OSError | None:
    """Return why no server could listen there now, None when one could."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None
