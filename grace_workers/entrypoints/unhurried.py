"""Output that never blocks its writer, because a supervisor must not stop when its reader does."""

import errno
import io
import os
import queue
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import structlog

_MOST = 10_000
_LAST_WORDS = 2.0
_FOR_GOOD = frozenset({errno.EPIPE, errno.EBADF})

log = structlog.get_logger()


@contextmanager
def unhurried_output() -> Iterator[None]:
    """Let `sys.stdout` and `sys.stderr` return at once for the length of the block; a thread does the writing.

    A pipe that is not read and a terminal stopped by Ctrl-S block their writers indefinitely. Here, up to 10,000
    pieces of whole lines are buffered and further ones are dropped; when the reader continues, a log line says how
    many. A closed reader is not an error. At the end the last lines get two seconds. A stream without a descriptor
    is in memory, blocks no one and stays as it is.
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
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Before the streams are restored, because its own last line must neither block nor fail either.
        mouth.close()
        sys.stdout, sys.stderr = before


class _Mouth:
    """Writes to descriptors on its own thread, in the order of the calls.

    It takes no lock that a signal handler or another thread could find taken.
    """

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._dropped = 0
        self._gone: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="output", daemon=True)
        self._thread.start()

    def say(self, descriptor: int, text: bytes) -> None:
        if not self._thread.is_alive():
            # The stream was kept beyond the block; there is no one left to block.
            self._is_written(descriptor, text)
        elif self._waiting.qsize() < _MOST:
            self._waiting.put((descriptor, text))
        else:
            self._dropped += 1

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            # A failed write is not reported, because the report could not be written either.
            if self._is_written(*item) and self._waiting.empty():
                self._tell()
        self._tell()
        while not self._waiting.empty():
            if item := self._waiting.get():
                self._is_written(*item)

    def _tell(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            log.warning("output_dropped", pieces=dropped)

    def _is_written(self, descriptor: int, text: bytes) -> bool:
        while text and descriptor not in self._gone:
            try:
                text = text[os.write(descriptor, text) :]
            except BlockingIOError:
                # Another process that shares the pipe has made it non-blocking; our thread may wait.
                select.select([], [descriptor], [])
            except OSError as error:
                if error.errno in _FOR_GOOD:
                    self._gone.add(descriptor)
                else:
                    # A full disk may have space again.
                    self._dropped += 1
                return False
        return not text


class _Unhurried(io.TextIOBase):
    """Stands in for a text stream; what is written to it is passed on line by line.

    Another thread cannot interrupt a C stream between the two writes of one `print`, but it could interrupt this
    one. So each thread's beginning of a line is held until its end, or until `flush`.
    """

    def __init__(self, stream: TextIO, mouth: _Mouth) -> None:
        self._stream = stream
        self._mouth = mouth
        self._descriptor = stream.fileno()
        self._begun = threading.local()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def write(self, text: str, /) -> int:
        lines, end, begun = (self._kept() + text).rpartition("\n")
        self._begun.text = begun
        self._say(lines + end)
        return len(text)

    def flush(self) -> None:
        """Also pass on the beginning of a line."""
        begun, self._begun.text = self._kept(), ""
        self._say(begun)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._descriptor

    def _kept(self) -> str:
        return getattr(self._begun, "text", "")

    def _say(self, text: str) -> None:
        if text:
            self._mouth.say(self._descriptor, text.encode(self.encoding, self.errors or "strict"))


def _has_descriptor(stream: TextIO | None) -> bool:
    # A stream closed before our start is None.
    with suppress(AttributeError, OSError, ValueError):
        return stream.fileno() >= 0  # type: ignore[union-attr]
    return False
