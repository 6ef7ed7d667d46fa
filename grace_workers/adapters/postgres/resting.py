"""Closing connections that have rested: each is a process of the server, with its memory."""

import threading
from collections.abc import Callable

RESTS_FOR = 10.0
_LOOK = 5.0


class Rest:
    """Has one keeper of connections close what has rested, also when nothing else happens.

    Its thread lives only while the keeper keeps something. A fork leaves it behind; so a forked process makes another.

    `begin` may interrupt any other call, because a garbage collection may return a lost connection to its pool in the
    midst of it. So nothing is done under the lock that could begin one.
    """

    def __init__(self, close_rested: Callable[[], bool], *, look: float = _LOOK) -> None:
        """`close_rested` closes what has rested for long enough, and returns whether anything is still kept."""
        self._close_rested = close_rested
        self._look = look
        self._lock = threading.Lock()
        self._begun = False

    def begin(self) -> None:
        """Look after the keeper until it keeps nothing; call this whenever something has come to it."""
        if not self._is_first():
            return
        try:
            threading.Thread(target=self._run, name="resting-connections", daemon=True).start()
        except BaseException:
            self._begun = False
            raise

    def _is_first(self) -> bool:
        with self._lock:
            first = not self._begun
            self._begun = True
            return first

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._look)
            try:
                if self._close_rested():
                    continue
            except BaseException:
                # The next to come is looked after again.
                self._begun = False
                raise
            self._begun = False
            # Something may have come since the look, and been told that it is looked after.
            if not (self._close_rested() and self._is_first()):
                return
