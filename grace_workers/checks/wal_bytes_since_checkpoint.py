"""How much a database would replay after a crash."""

from grace_workers.actions import SqlConsole
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class WalBytesParams(Document):
    """No params."""


def probe(console: SqlConsole, params: WalBytesParams) -> float:
    """Return the bytes of write-ahead log since the last checkpoint."""
    del params
    return float(console.bytes_since_checkpoint())


DEFINITION = Check(
    name="wal_bytes_since_checkpoint",
    summary="Bytes of write-ahead log that a crash would replay now.",
    unit="bytes",
    role=SqlConsole,
    params=WalBytesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("wal_bytes_since_checkpoint", 2**30),
)
