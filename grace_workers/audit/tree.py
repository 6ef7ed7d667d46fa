"""The Merkle tree of RFC 6962, grown leaf by leaf from its frontier."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from grace_workers.audit.hashing import EMPTY_ROOT, HASH_SIZE, node_hash
from grace_workers.foundation.errors import IntegrityError

TILE_HEIGHT = 8


class Subtree(NamedTuple):
    """The root of the `idx`-th full subtree of `2**height` leaves. Only heights 8, 16, 24 … are kept."""

    height: int
    idx: int
    hash: bytes

    @property
    def end(self) -> int:
        """The number of leaves in the tree when this subtree was filled."""
        return (self.idx + 1) << self.height


class Frontier:
    """The roots of the full subtrees that make up a tree, largest first: all that growing and the root need."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise IntegrityError(f"a frontier of {size} leaves has {size.bit_count()} hashes, not {len(self._peaks)}")

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> "Frontier":
        """Return the frontier of `size` leaves from its concatenated hashes.

        Raises:
            IntegrityError: the number of bytes does not fit `size`.
        """
        if len(packed) % HASH_SIZE:
            raise IntegrityError(f"a frontier of {len(packed)} bytes is not a whole number of hashes")
        return cls(size, (packed[place : place + HASH_SIZE] for place in range(0, len(packed), HASH_SIZE)))

    def pack(self) -> bytes:
        """Return the concatenated hashes."""
        return b"".join(self._peaks)

    def root(self) -> bytes:
        """Return the Merkle tree hash."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, found = self._peaks
        for peak in reversed(rest):
            found = node_hash(peak, found)
        return found

    def extend(self, leaves: Iterable[bytes]) -> list[Subtree]:
        """Add leaves; return the stored nodes that became full, in the order in which they did."""
        size, peaks, filled = self.size, self._peaks, []
        for leaf in leaves:
            rest, found, height = size, leaf, 0
            while rest & 1:
                found = sha256(b"\x01" + peaks.pop() + found).digest()
                rest >>= 1
                height += 1
                if height & 7 == 0:
                    filled.append(Subtree(height, size >> height, found))
            peaks.append(found)
            size += 1
        self.size = size
        return filled
