"""A key-value server in memory."""

from dataclasses import dataclass

from grace_workers.actions import CacheFigures, CacheServer
from grace_workers.foundation.errors import TransientError

_QUIET = CacheFigures(memory_used=1_000_000, memory_limit=10_000_000, evicted_keys=0, clients=1, client_limit=1000)


@dataclass(slots=True)
class MemoryCacheServer(CacheServer):
    """A `CacheServer` that reports the given values; with `answers` false, it does not answer."""

    said: CacheFigures = _QUIET
    answers: bool = True

    def figures(self) -> CacheFigures:
        if not self.answers:
            raise TransientError("the server does not answer")
        return self.said
