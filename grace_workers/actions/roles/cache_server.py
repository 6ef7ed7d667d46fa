"""`CacheServer`: what a key-value server says of itself."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """Memory in bytes, keys evicted since the server started, clients, and by how many bytes each replica lags.

    `memory_limit` is the configured limit, or the machine's memory where there is none; 0 where both are unknown.
    """

    memory_used: int
    memory_limit: int
    evicted_keys: int
    clients: int
    client_limit: int
    replica_lags: tuple[int, ...] = ()


class CacheServer(Protocol):
    """A key-value server, looked at and never changed."""

    def figures(self) -> CacheFigures:
        """Return the figures of one moment."""
