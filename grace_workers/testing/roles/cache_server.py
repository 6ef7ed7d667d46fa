"""A key-value server in memory."""

from dataclasses import dataclass

from grace_workers.actions import CacheFigures, CacheServer

_QUIET = CacheFigures(memory_used=1_000_000, memory_limit=10_000_000, evicted_keys=0, clients=1, client_limit=1000)


@dataclass(slots=True)
class MemoryCacheServer(CacheServer):
    """A `CacheServer` that reports the given values."""

    said: CacheFigures = _QUIET

    def figures(self) -> CacheFigures:
        return self.said
