"""Inclusion and consistency proofs of RFC 6962, made from stored hashes, and checked (RFC 9162 section 2.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grace_workers.audit.hashing import EMPTY_ROOT, node_hash
from grace_workers.audit.tree import TILE_HEIGHT
from grace_workers.foundation.errors import InputError

Leaves = Callable[[int, int], Sequence[bytes]]
Kept = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashes:
    """The source of a tree's stored hashes.

    `leaves(start, end)` gives the leaf hashes of the half-open range; `node(height, idx)` a stored subtree root.
    """

    leaves: Leaves
    node: Kept

    def subtree(self, start: int, end: int) -> bytes:
        """Return the Merkle tree hash over the leaves `start` to `end`, where `start` is aligned as RFC 6962 splits."""
        width = end - start
        if width == 0:
            return EMPTY_ROOT
        height = width.bit_length() - 1
        full = width == 1 << height and start % width == 0
        if full and height >= TILE_HEIGHT and height % TILE_HEIGHT == 0:
            return self.node(height, start >> height)
        if width < 1 << TILE_HEIGHT or (full and height == TILE_HEIGHT):
            return _fold(self.leaves(start, end))
        middle = start + _split(width)
        return node_hash(self.subtree(start, middle), self.subtree(middle, end))

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves."""
        return self.subtree(0, size)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """Return the audit path of leaf `seq` in the tree of `size` leaves, lowest first.

        Raises:
            InputError: the tree has no such leaf.
        """
        if not 0 <= seq < size:
            raise InputError(f"entry {seq} is not among the {size} sealed entries")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if seq < middle:
                path.append(self.subtree(middle, end))
                end = middle
            else:
                path.append(self.subtree(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `old` leaves is a prefix of the tree of `new` leaves.

        Raises:
            InputError: `old` is not between 1 and `new`.
        """
        if not 0 < old <= new:
            raise InputError(f"no consistency proof leads from size {old} to size {new}")
        path: list[bytes] = []
        start, end, whole = 0, new, True
        while old != end:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self.subtree(middle, end))
                end = middle
            else:
                path.append(self.subtree(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self.subtree(start, end))
        return path[::-1]


def included(leaf: bytes, seq: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether `path` proves that `leaf` is at `seq` in the tree of `size` leaves with this root."""
    if not 0 <= seq < size:
        return False
    here, last, found = seq, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(step, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, step)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether `path` proves that the tree (`old`, `old_root`) is a prefix of the tree (`new`, `new_root`)."""
    if old == new:
        return not path and old_root == new_root
    if not 0 < old < new or not path:
        return False
    steps = [old_root, *path] if old.bit_count() == 1 else list(path)
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, step)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)


def _fold(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return node_hash(_fold(leaves[:middle]), _fold(leaves[middle:]))
