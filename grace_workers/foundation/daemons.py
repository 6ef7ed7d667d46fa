"""Threads for questions that may never be answered."""

import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

_RESTS_FOR = 30.0

Act = Callable[[], None]


class Daemons:
    """Runs each act on a thread that a process does not wait for when it ends, whatever the act hangs in.

    A thread that is free takes the next act, because beginning one costs more than most acts; after half a minute
    without any it ends. There is no limit to how many work at once. An act must not raise.
    """

    def __init__(self, name: str) -> None:
        """`name` is that of the threads."""
        self._name = name
        self._lock = threading.Lock()
        self._free: list[SimpleQueue[Act]] = []
        self._process = os.getpid()

    def start(self, act: Act) -> None:
        """Run `act` at once, on another thread."""
        with self._lock:
            if self._process != os.getpid():
                # A fork leaves the threads behind.
                self._free, self._process = [], os.getpid()
            inbox = self._free.pop() if self._free else None
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), name=self._name, daemon=True).start()
        inbox.put(act)

    def _serve(self, inbox: SimpleQueue[Act]) -> None:
        while True:
            try:
                act = inbox.get(timeout=_RESTS_FOR)
            except Empty:
                with self._lock:
                    if inbox in self._free:
                        self._free.remove(inbox)
                        return
                # It was taken a moment ago, so an act is on its way.
                act = inbox.get()
            act()
            del act
            with self._lock:
                self._free.append(inbox)
