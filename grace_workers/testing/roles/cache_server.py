"""A key-value server in memory."""

from dataclasses import dataclass

from grace_workers.actions import CacheFigures, CacheServer
from grace_workers.foundation.errors import ConflictError, TransientError

_QUIET = CacheFigures(memory_used=1_000_000, memory_limit=10_000_000, evicted_keys=0, clients=1, client_limit=1000)


@dataclass(slots=True)
class MemoryCacheServer(CacheServer):
    """A `CacheServer` that reports the given values; it does not answer with `answers` false, or `refuses` to."""

    said: CacheFigures = _QUIET
    answers: bool = True
    refuses: bool = False

    def figures(self) -> CacheFigures:
        if self.refuses:
            raise ConflictError("a server is there, but answers no command yet")
        if not self.answers:
            raise TransientError("the server does not answer")
        return self.said
