"""The playbooks in force: those of the files, as strict as adjustments make them."""

import threading
import time
from collections.abc import Callable, Sequence

from grace_workers.foundation.errors import GraceError
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import Adjustment, Library, adjusted

FRESH_FOR = 1.0


class AdjustedPlaybooks:
    """The playbooks in force. Adjustments are read at most once a second, and only by what has work to do.

    While they cannot be read, the last known ones hold; what asks is about to use the database itself, and reports it.
    Before they were ever read there are no playbooks, because those of the files alone may be looser than what is in
    force.
    """

    def __init__(self, ledger: LineLedger, files: Callable[[], Library], *, fresh_for: float = FRESH_FOR) -> None:
        self._ledger = ledger
        self._files = files
        self._fresh_for = fresh_for
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._known: Sequence[Adjustment] | None = None
        self._made: tuple[Library, Sequence[Adjustment], Library] | None = None

    def current(self) -> Library:
        """Return the playbooks, with what was put into force since. Raises TransientError until it was read once."""
        if self._known is None:
            return self._with(self._files(), self._first_read())
        if time.monotonic() - self._read_at > self._fresh_for and self._reading.acquire(blocking=False):
            try:
                self._known = self._in_force()
            except GraceError:
                pass
            finally:
                self._read_at = time.monotonic()
                self._reading.release()
        return self._with(self._files(), self._known)

    def _first_read(self) -> Sequence[Adjustment]:
        with self._reading:
            if self._known is None:
                self._known = self._in_force()
                self._read_at = time.monotonic()
            return self._known

    def _with(self, files: Library, known: Sequence[Adjustment]) -> Library:
        """Return the same library for the same files and adjustments, because it is kept by what uses it."""
        made = self._made
        if made is None or made[0] is not files or made[1] != known:
            made = (files, known, adjusted(files, known))
            self._made = made
        return made[2]

    def _in_force(self) -> Sequence[Adjustment]:
        with self._ledger.reading() as tx:
            return [one for one in tx[AdjustmentStore].all() if one.value]
