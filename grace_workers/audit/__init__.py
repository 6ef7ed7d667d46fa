"""The audit log's own mathematics: entries, canonical bytes, chain, Merkle tree, checkpoints, verification.

Writes to no store.
"""

from grace_workers.audit.entry import Entry
from grace_workers.audit.evidence import evidence_json

__all__ = ["Entry", "evidence_json"]
