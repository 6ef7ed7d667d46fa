"""`CacheServer`: what a key-value server reports about itself."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """Memory in bytes, keys evicted since the server started, clients, and by how many bytes each replica lags.

    `memory_limit` is the configured limit, or the machine's memory if there is none; 0 if both are unknown.
    """

    memory_used: int
    memory_limit: int
    evicted_keys: int
    clients: int
    client_limit: int
    replica_lags: tuple[int, ...] = ()


class CacheServer(Protocol):
    """A key-value server, read and never changed."""

    def figures(self) -> CacheFigures:
        """Return the figures of one moment.

        Raises:
            ConflictError: a server is there, but answers no command yet: it loads its data, or is full.
            TransientError: there is no answer at all.
        """
