"""Retrying, in the background, what did not start at the boot of a node that runs degraded."""

import threading
from collections.abc import Mapping
from datetime import timedelta

from grace_workers.fleet import Kernel
from grace_workers.foundation.backoff import backoff
from grace_workers.node.boot.bring_up import BringUp
from grace_workers.node.progress import Progress, Tell
from grace_workers.node.status_file import StatusFile

_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=30)


class BootRetry:
    """One thread that retries what the boot left down, with growing waits, until all kernels run or `stop`.

    Later failures are for the supervisor and the kernel watch, which know more about them.
    """

    def __init__(self, kernels: Mapping[str, Kernel], bring_up: BringUp, status: StatusFile, tell: Tell) -> None:
        self._kernels = kernels
        self._bring_up = bring_up
        self._status = status
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="boot-retry", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current try."""
        self._stopping.set()

    def _run(self) -> None:
        attempt = 0
        left = list(self._status.degraded_by)
        while left and not self._stopping.is_set():
            attempt += 1
            self._stopping.wait(backoff(attempt, base=_FIRST_WAIT, cap=_LONGEST_WAIT).total_seconds())
            for name in left:
                self._try_again(name)
            left = [name for name in left if name in self._status.degraded_by]

    def _try_again(self, name: str) -> None:
        if self._stopping.is_set():
            return
        brought = self._bring_up.one(self._kernels[name])
        health = self._status.settle()
        if brought.error is None:
            one = brought.status
            self._tell(Progress(stage=name, state=one.state.value, took=one.took, note=f"{one.told}; node {health}"))
