"""Passing a program's output on, counted and without copying it."""

from __future__ import annotations

import os
import select

_PIECE = 1 << 16


class CountedStream:
    """One stream: from the pipe that the program writes to, to the one that the host reads."""

    def __init__(self, target: int) -> None:
        self.source, self.given = os.pipe()
        self.passed = 0
        self.open = True
        self._target = target
        self._stalled = False
        self._host_listens = True

    def begin(self) -> None:
        """Close our copy of the program's end, after the fork; the stream ends with the last process that holds it."""
        os.close(self.given)

    def watch(self, poll: select.poll) -> None:
        """Wait for the next piece, or for room if the last one did not fit."""
        if not self.open:
            return
        if self._stalled:
            poll.register(self._target, select.POLLOUT)
        else:
            poll.register(self.source, select.POLLIN)

    def move(self) -> None:
        """Pass on what is there, as far as the host's pipe has room."""
        if not self.open:
            return
        try:
            count = self._pass()
            self._stalled = False
        except BlockingIOError:
            self._stalled = _readable(self.source)
            return
        except BrokenPipeError:
            self._host_listens, self._stalled = False, False
            return
        self.passed += count
        if count == 0:
            self.open = False
            os.close(self.source)
            # The host sees the end of this stream, whatever happens to the other.
            os.close(self._target)

    def _pass(self) -> int:
        if not self._host_listens:
            # The program need not stop because the host does not read.
            return len(os.read(self.source, _PIECE)) if _readable(self.source) else _blocked()
        return os.splice(self.source, self._target, _PIECE, flags=os.SPLICE_F_NONBLOCK)


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _blocked() -> int:
    raise BlockingIOError
