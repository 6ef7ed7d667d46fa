"""`ReadingThreads`: the threads that take readings side by side, for each thread that asks its own."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

SIDE_BY_SIDE = 8


class ReadingThreads(threading.local):
    """Keeps the threads of each thread that asks, because to start one takes longer than most readings.

    They are not shared, so a target that answers slowly delays nothing but the readings asked for together with its
    own.
    """

    def __init__(self) -> None:
        self._process = 0
        self._pool: ThreadPoolExecutor | None = None

    def all(self, readings: Sequence[Callable[[], T]]) -> list[T]:
        """Return what the readings return, in their order; when it returns or raises, all of them have ended."""
        first, *others = readings
        later = [self._kept().submit(one) for one in others]
        try:
            # A thread for the first would only let this one wait.
            found = first()
        finally:
            wait(later)
        return [found, *(one.result() for one in later)]

    def _kept(self) -> ThreadPoolExecutor:
        # A fork leaves the threads behind.
        if self._pool is None or self._process != os.getpid():
            self._pool = ThreadPoolExecutor(max_workers=SIDE_BY_SIDE, thread_name_prefix="evidence")
            self._process = os.getpid()
        return self._pool
