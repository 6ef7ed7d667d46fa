"""How many keys a server has evicted."""

from grace_workers.actions import CacheServer
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document


class CacheEvictedParams(Document):
    """No params."""


def probe(server: CacheServer, params: CacheEvictedParams) -> float:
    """Return the count since the server started."""
    del params
    return float(server.figures().evicted_keys)


DEFINITION = Check(
    name="cache_evicted_keys",
    summary="How many keys the server has evicted for want of memory since it started.",
    unit="keys",
    role=CacheServer,
    params=CacheEvictedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
)
