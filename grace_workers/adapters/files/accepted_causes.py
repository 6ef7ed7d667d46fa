"""The accepted causes as files of this node, so that whatever reads folders of causes reads them, too."""

import fcntl
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog

from grace_workers.diagnosis import Causes, is_cause_name
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.own_file import PRIVATE_FOLDER, write_own
from grace_workers.foundation.shelf import Shelf
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.learned_causes import LearnedCauseStore

FRESH_FOR = 1.0

log = structlog.get_logger(__name__)


class AcceptedCauses:
    """The causes in force. What was accepted is read at most once a second, and only by what has work to do.

    While it cannot be read, the last known causes hold. PostgreSQL holds the truth: a file that was changed by hand
    is written again when a process starts.
    """

    def __init__(self, ledger: LineLedger, folder: Path, shelf: Shelf[Causes], *, fresh_for: float = FRESH_FOR) -> None:
        self._ledger = ledger
        self._folder = folder
        self._shelf = shelf
        self._fresh_for = fresh_for
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._written: Mapping[str, str] | None = None

    def current(self) -> Causes:
        """Return the causes, with what was accepted since."""
        if time.monotonic() - self._read_at > self._fresh_for and self._reading.acquire(blocking=False):
            try:
                self.take_over()
            except GraceError:
                # What asks is about to use the database itself, and reports that it is unreachable.
                pass
            except OSError as error:
                log.warning("learned_causes_not_written", folder=str(self._folder), error=error.strerror)
            finally:
                self._read_at = time.monotonic()
                self._reading.release()
        return self._shelf.current()

    def take_over(self) -> None:
        """Write the files if something was accepted or withdrawn. Raises OSError, and TransientError."""
        accepted = self._accepted()
        if accepted == self._written or not (accepted or self._folder.exists()):
            return
        self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as lock:
            # It is read again, so that of two processes that write, the later one writes what is newer.
            fcntl.flock(lock, fcntl.LOCK_EX)
            accepted = self._accepted()
            self._write(accepted)
        self._shelf.refresh()
        self._written = accepted

    def _write(self, stored: Mapping[str, str]) -> None:
        accepted = _named(stored)
        present = {one.stem: one for one in self._folder.glob("*.yaml")}
        for name in present.keys() - accepted.keys():
            present[name].unlink()
        for name, file in accepted.items():
            if name not in present or present[name].read_text(encoding="utf-8", errors="replace") != file:
                write_own(self._folder / f"{name}.yaml", file)

    def _accepted(self) -> Mapping[str, str]:
        with self._ledger.transaction() as tx:
            return {one.name: one.file for one in tx[LearnedCauseStore].accepted()}


def _named(accepted: Mapping[str, str]) -> Mapping[str, str]:
    """Return those with the name of a cause. A row that came with an import may name any other file of the machine."""
    for name in accepted:
        if not is_cause_name(name):
            log.error("learned_cause_refused", name=name[:80], why="no cause can have this name")
    return {name: file for name, file in accepted.items() if is_cause_name(name)}
