"""The name and the port of a service, as the resolvers and the network of this machine see them."""

import socket
import threading
from datetime import timedelta

from grace_workers.actions import EndpointProbe
from grace_workers.drivers._shared.listening import accepts
from grace_workers.foundation.errors import InputError

_LAST_PORT = 65_535


def host_and_port(address: str) -> tuple[str, int]:
    """Return both parts of `host:port`. Raises InputError for an impossible port."""
    host, _, port = address.rpartition(":")
    if int(port) > _LAST_PORT:
        raise InputError(f"address {address!r}: ports go up to {_LAST_PORT}; correct the target")
    return host.strip("[]"), int(port)


class NetworkAddress(EndpointProbe):
    """The service at `host` and `port`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    def resolves(self, timeout: timedelta) -> bool:
        found: list[bool] = []
        # A resolver has its own, longer timeouts, and no call accepts ours.
        asking = threading.Thread(target=self._resolve, args=(found,), name="resolve", daemon=True)
        asking.start()
        asking.join(timeout.total_seconds())
        return bool(found)

    def connects(self, timeout: timedelta) -> bool:
        return accepts(self._host, self._port, timeout)

    def _resolve(self, found: list[bool]) -> None:
        try:
            socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.append(True)
