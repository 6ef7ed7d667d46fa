"""Closing connections that have rested: each is a process of the server, with its memory."""

import threading
from collections.abc import Callable

RESTS_FOR = 10.0
_LOOK = 5.0


class Rest:
    """Has one keeper of connections close what has rested, also when nothing else happens.

    Its thread lives only while the keeper keeps something. A fork leaves it behind; so a forked process makes another.
    """

    def __init__(self, close_rested: Callable[[], bool], *, look: float = _LOOK) -> None:
        """`close_rested` closes what has rested for long enough, and returns whether anything is still kept."""
        self._close_rested = close_rested
        self._look = look
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Look after the keeper until it keeps nothing; call this whenever something has come to it."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="resting-connections", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._look)
            if self._close_rested():
                continue
            with self._lock:
                # Something may have come since.
                if not self._close_rested():
                    self._thread = None
                    return
