"""The share of its client connections that a key-value server has in use."""

from grace_workers.actions import CacheServer
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class CacheClientsParams(Document):
    """No params."""


def probe(server: CacheServer, params: CacheClientsParams) -> float:
    """Return connected over allowed. Raises PermanentError if the server does not report its limit."""
    del params
    said = server.figures()
    if not said.client_limit:
        raise PermanentError("the server does not say how many clients it allows (maxclients)")
    return said.clients / said.client_limit


DEFINITION = Check(
    name="cache_clients_ratio",
    summary="Connected clients over the most that the key-value server allows.",
    unit="",
    role=CacheServer,
    params=CacheClientsParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("cache_clients_ratio", 0.9),
    exhausted_at=1.0,
)
