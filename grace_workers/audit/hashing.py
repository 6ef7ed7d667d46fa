"""The hashes of the log, one first byte per domain, so that no value of one kind can pass for another.

Leaf and node are those of RFC 6962; any C2SP tool checks them.
"""

from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32
NO_LEAF = "0" * 64


def leaf_hash(entry: bytes) -> bytes:
    """Return the Merkle leaf of an envelope: `H(00 || entry)`."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the Merkle node over two subtrees: `H(01 || left || right)`."""
    return sha256(b"\x01" + left + right).digest()


def chain_start(origin: str) -> bytes:
    """Return the chain value before the first entry: `H(02 || "grace/audit/v1" || newline || origin)`."""
    return sha256(b"\x02grace/audit/v1\n" + origin.encode()).digest()


def link(seq: int, previous: bytes, leaf: bytes) -> bytes:
    """Return the chain value at `seq`: `H(02 || seq as 8 bytes || previous || leaf)`."""
    return sha256(b"\x02" + seq.to_bytes(8, "big") + previous + leaf).digest()


def commitment(salt: bytes, data: bytes) -> bytes:
    """Return what an envelope says about its details: `H(03 || salt || data)`."""
    return sha256(b"\x03" + salt + data).digest()
