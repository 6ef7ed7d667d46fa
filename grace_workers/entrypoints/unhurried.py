"""Output that nobody has to wait for: what supervises others must not stand still because its reader does."""

import io
import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import structlog

_MOST = 10_000
_LAST_WORDS = 2.0

log = structlog.get_logger()


@contextmanager
def unhurried_output() -> Iterator[None]:
    """Let `sys.stdout` and `sys.stderr` return at once for the length of the block; a thread writes behind them.

    A pipe that nobody empties and a terminal stopped by Ctrl-S hold up whoever writes to them, for as long as they
    like. Here, up to 10,000 writes are kept for them and further ones are dropped; when the reader goes on, a line of
    the log says how many. A reader that is gone is no error. At the end the last words get two seconds. A stream
    without a descriptor is in memory, blocks nobody and stays as it is.
    """
    if not (_has_descriptor(sys.stdout) and _has_descriptor(sys.stderr)):
        yield
        return
    mouth = _Mouth()
    before = sys.stdout, sys.stderr
    for stream in before:
        stream.flush()
    sys.stdout, sys.stderr = (_Unhurried(stream, mouth) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        mouth.close()


class _Mouth:
    """Writes to descriptors on a thread of its own, in the order in which it was told to.

    It takes no lock that a signal handler or a thread of another could find taken.
    """

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._dropped = 0
        self._gone: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)
        self._thread.start()

    def say(self, descriptor: int, text: bytes) -> None:
        if self._waiting.qsize() < _MOST:
            self._waiting.put((descriptor, text))
        else:
            self._dropped += 1

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            self._write(*item)
            if self._dropped and self._waiting.empty():
                dropped, self._dropped = self._dropped, 0
                log.warning("output_dropped", writes=dropped)

    def _write(self, descriptor: int, text: bytes) -> None:
        if descriptor in self._gone:
            return
        try:
            while text:
                text = text[os.write(descriptor, text) :]
        except OSError:
            # Whoever read it has gone, and with it the only place to complain.
            self._gone.add(descriptor)


class _Unhurried(io.TextIOBase):
    """Stands for a text stream; what is written to it is said in due course."""

    def __init__(self, stream: TextIO, mouth: _Mouth) -> None:
        self._stream = stream
        self._mouth = mouth
        self._descriptor = stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def write(self, text: str, /) -> int:
        self._mouth.say(self._descriptor, text.encode(self.encoding, self.errors or "strict"))
        return len(text)

    def flush(self) -> None:
        """Nothing is kept here."""

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._descriptor


def _has_descriptor(stream: TextIO) -> bool:
    with suppress(OSError, ValueError):
        return stream.fileno() >= 0
    return False
