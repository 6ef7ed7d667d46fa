"""Following every writer's stream through the log, so that a deleted entry shows even when it was never sealed."""

from dataclasses import dataclass, field

from grace_workers.audit.hashing import NO_LEAF

_START = (b"0", NO_LEAF.encode())


@dataclass(slots=True)
class Writers:
    """The streams seen so far.

    Within one stream entries nearly always come in order. Where two seal passes overtook each other they do not, so an
    early entry waits until the ones before it have come.
    """

    _expected: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    _early: dict[bytes, dict[bytes, tuple[int, bytes, bytes]]] = field(default_factory=dict)

    def follow(self, seq: int, position: tuple[bytes, bytes, bytes], leaf: bytes) -> bool:
        """Take the next entry, at (writer, number, previous leaf); False when it contradicts its stream."""
        writer, number, previous = position
        expected = self._expected.get(writer, _START)
        if expected == (number, previous):
            self._expected[writer] = (b"%d" % (int(number) + 1), leaf.hex().encode())
            return writer not in self._early or self._catch_up(writer)
        if int(number) <= int(expected[0]):
            return False
        waiting = self._early.setdefault(writer, {})
        if number in waiting:
            return False
        waiting[number] = (seq, previous, leaf)
        return True

    def gap(self) -> tuple[int, str] | None:
        """Return the first entry whose predecessor in its stream never came, and which stream that is."""
        found = [
            (min(seq for seq, _, _ in waiting.values()), writer.decode())
            for writer, waiting in self._early.items()
            if waiting
        ]
        return min(found, default=None)

    def _catch_up(self, writer: bytes) -> bool:
        waiting = self._early[writer]
        while True:
            number, previous = self._expected[writer]
            if number not in waiting:
                break
            _, claimed, leaf = waiting.pop(number)
            if claimed != previous:
                return False
            self._expected[writer] = (b"%d" % (int(number) + 1), leaf.hex().encode())
        if not waiting:
            del self._early[writer]
        return True
