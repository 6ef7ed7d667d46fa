"""A worker's answer to a look at one of its jobs: file, line and function of each call, never a value.

Jobs run on threads of the worker, or in children that it forked. A child writes its stack when it gets a signal, in C,
so that this needs no thread of its own and works while a job waits in a library.
"""

import faulthandler
import gc
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from signal import SIGUSR2
from time import monotonic, sleep
from types import FrameType
from typing import Any, cast

from celery.worker import state

from grace_workers.orchestration.fleet.job_look import LONGEST_NAME, MOST_FRAMES, thread_name

_WITHIN = 0.3
_LOOK = 0.005
_MOST_BYTES = 100_000
_LINE = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$', re.MULTILINE)
_SILENT = frozenset({"stopped", "tracing-stop", "disk-sleep", "zombie", "dead"})

Frames = list[tuple[str, int, str]]


class ChildStacks:
    """Where the children of a pool write their stacks. Make it before the first fork: children inherit it."""

    def __init__(self) -> None:
        self._page = os.memfd_create("stack")
        faulthandler.register(SIGUSR2, file=self._page, all_threads=False)

    def of(self, child: int) -> Frames:
        """Return the calls of a child's main thread, the newest first; nothing if it does not write them in time."""
        os.ftruncate(self._page, 0)
        os.lseek(self._page, 0, os.SEEK_SET)
        os.kill(child, SIGUSR2)
        text, deadline = b"", monotonic() + _WITHIN
        while monotonic() < deadline:
            sleep(_LOOK)
            seen = os.pread(self._page, _MOST_BYTES, 0)
            if seen and seen == text:
                return written_frames(text.decode(errors="replace"))
            text = seen
        return []


def take(consumer: Any, job: str, attempt: int) -> dict[str, Any] | None:
    """Return where the attempt is, as `StackTaken` reads it; None if this worker does not run it."""
    wanted = thread_name(job, attempt)
    for thread in threading.enumerate():
        if thread.name == wanted and thread.ident is not None:
            with _uncollected():
                frame = sys._current_frames().get(thread.ident)  # noqa: SLF001 - the documented way to another thread
            return None if frame is None else _told(os.getpid(), frames_of(frame))
    child = _child_of(job, consumer.pool)
    return None if child is None else _of_child(child, consumer.pool.stacks)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Begin no garbage collection meanwhile.

    Up to Python 3.11 one in the midst of `sys._current_frames` waits for a lock that this holds itself, and the whole
    process stands still for ever (https://github.com/python/cpython/issues/106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def frames_of(frame: FrameType | None) -> Frames:
    """Return the calls of a thread, the newest first."""
    found: Frames = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname))
        frame = frame.f_back
    return found


def written_frames(text: str) -> Frames:
    """Return the calls in what `faulthandler` has written."""
    return [(found["file"], int(found["line"]), found["function"]) for found in _LINE.finditer(text)]


def _child_of(job: str, pool: Any) -> int | None:
    """Return the child that runs the job, if the pool has children that answer, and it is still one of them."""
    if not hasattr(pool, "stacks"):
        return None
    running = [request() for request in list(cast("Any", state.active_requests).data)]
    mine = {request.worker_pid for request in running if request is not None and request.id == job}
    return next((one.pid for one in pool.children() if one.pid in mine), None)


def _of_child(child: int, stacks: ChildStacks) -> dict[str, Any] | None:
    import psutil

    try:
        # One that is stopped would answer only later, when another one is asked.
        silent = psutil.Process(child).status() in _SILENT
        return _told(child, [] if silent else stacks.of(child))
    except (psutil.Error, ProcessLookupError):
        return None


def _told(pid: int, frames: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    import psutil

    return {
        "pid": pid,
        "memory": psutil.Process(pid).memory_info().rss,
        "frames": [
            {"file": file[-LONGEST_NAME:], "line": line or 0, "function": function[:LONGEST_NAME]}
            for file, line, function in frames[:MOST_FRAMES]
        ],
        "left_out": max(0, len(frames) - MOST_FRAMES),
    }
