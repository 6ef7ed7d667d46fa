"""What a server reports about itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from grace_workers.actions import CacheFigures, CacheServer
from grace_workers.drivers.redis.server import RedisServer, refuses
from grace_workers.foundation.errors import ConflictError, PermanentError, TransientError


class RedisFigures(CacheServer):
    """The figures of one server, by `INFO`."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def figures(self) -> CacheFigures:
        said = self._said()
        try:
            return CacheFigures(
                memory_used=int(said["used_memory"]),
                memory_limit=int(said["maxmemory"]) or int(said.get("total_system_memory", 0)),
                evicted_keys=int(said["evicted_keys"]),
                clients=int(said["connected_clients"]),
                client_limit=int(said.get("maxclients", 0)),
                replica_lags=tuple(_lags(said)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PermanentError(f"INFO of the server cannot be read ({error}); is it Redis or Valkey?") from error

    def _said(self) -> Mapping[str, Any]:
        try:
            with self._server.asked("figures of the server") as server:
                said: Mapping[str, Any] = server.info("everything")
                return said
        except TransientError as error:
            if refuses(error.__cause__):
                raise ConflictError(f"a server is there, but refuses for now: {error.__cause__}") from error
            raise


def _lags(said: Mapping[str, Any]) -> Iterator[int]:
    """Yield by how many bytes each replica lags that is connected and past its first synchronisation."""
    for number in range(int(said.get("connected_slaves", 0))):
        replica = said.get(f"slave{number}")
        if isinstance(replica, dict) and replica.get("state") == "online":
            yield max(0, int(said["master_repl_offset"]) - int(replica["offset"]))
