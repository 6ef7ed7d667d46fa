"""How much of its memory a key-value server uses."""

from grace_workers.actions import CacheServer
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError
from grace_workers.signals import Factor


class CacheMemoryParams(Document):
    """No params."""


def probe(server: CacheServer, params: CacheMemoryParams) -> float:
    """Return used over allowed. Raises PermanentError if the limit is unknown."""
    del params
    said = server.figures()
    if not said.memory_limit:
        raise PermanentError("the server has no memory limit and does not tell the machine's memory; set maxmemory")
    return said.memory_used / said.memory_limit


DEFINITION = Check(
    name="cache_memory_ratio",
    summary="Bytes used over bytes allowed (or of the machine) in a key-value server; a cache that evicts may be full.",
    unit="",
    role=CacheServer,
    params=CacheMemoryParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    exhausted_at=1.0,
    factor=Factor.MEMORY,
)
