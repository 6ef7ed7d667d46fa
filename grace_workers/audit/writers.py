"""Following every writer's stream through the log, so that a deleted entry is noticed even if it was never sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grace_workers.audit.hashing import NO_LEAF


def _tail(number: bytes, previous: bytes) -> bytes:
    """Return how an envelope at this place of its stream ends, after the writer's name."""
    return b'","wn":%b,"wp":"%b"}' % (number, previous)


_START = (0, _tail(b"0", NO_LEAF.encode()))


@dataclass(slots=True)
class Writers:
    """The streams seen so far.

    Within one stream, entries nearly always come in order. If two sealing passes overtook each other they do not,
    so an early entry waits until its predecessors have come.
    """

    _expected: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    _early: dict[bytes, dict[int, tuple[int, bytes, bytes]]] = field(default_factory=dict)

    def advance(self, writer: bytes, tail: bytes, leaf: bytes) -> bool:
        """Take the next entry of a known stream in order, by how its envelope ends; or do nothing and return False."""
        expected = self._expected.get(writer)
        if expected is None or expected[1] != tail or writer in self._early:
            return False
        number = expected[0] + 1
        self._expected[writer] = (number, b'","wn":%d,"wp":"%b"}' % (number, leaf.hex().encode()))
        return True

    def follow(self, seq: int, position: tuple[bytes, bytes, bytes], leaf: bytes) -> bool:
        """Take the next entry, at (writer, number, previous leaf); False when it contradicts its stream."""
        writer, number, tail = position[0], int(position[1]), _tail(position[1], position[2])
        expected = self._expected.get(writer, _START)
        if number < expected[0] or (number == expected[0] and tail != expected[1]):
            return False
        waiting = self._early.setdefault(writer, {})
        if number in waiting:
            return False
        waiting[number] = (seq, tail, leaf)
        return self._catch_up(writer)

    def is_new(self, writer: bytes) -> bool:
        """Return whether no entry of that stream was seen yet."""
        return writer not in self._expected and writer not in self._early

    def gap(self) -> tuple[int, str] | None:
        """Return the first entry whose predecessor in its stream never came, and the stream."""
        found = [
            (min(seq for seq, _, _ in waiting.values()), writer.decode()) for writer, waiting in self._early.items()
        ]
        return min(found, default=None)

    def cut(self, counters: Mapping[str, int]) -> tuple[str, int, int] | None:
        """Return a stream that ends before its counter, its number of entries, and the number counted."""
        for writer, counted in sorted(counters.items()):
            held, _ = self._expected.get(writer.encode(), _START)
            if held < counted:
                return writer, held, counted
        return None

    def _catch_up(self, writer: bytes) -> bool:
        waiting = self._early[writer]
        number, expected = self._expected.get(writer, _START)
        while number in waiting:
            _, tail, leaf = waiting.pop(number)
            if tail != expected:
                return False
            number += 1
            expected = _tail(b"%d" % number, leaf.hex().encode())
            self._expected[writer] = (number, expected)
        if not waiting:
            del self._early[writer]
        return True
