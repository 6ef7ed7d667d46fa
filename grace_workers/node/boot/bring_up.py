"""Starting kernels: their process, then their self-test, retried with growing waits while that makes sense."""

import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.fleet import (
    Absent,
    Kernel,
    KernelState,
    Readiness,
    Unready,
    is_here,
    next_try,
    start_timeout,
    tested,
)
from grace_workers.foundation.errors import GraceError, PermanentError, TransientError
from grace_workers.node.ports import Probing, Supervision
from grace_workers.node.status_file import KernelStatus, StatusFile

_LOOK = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The result of starting one kernel, or of its full contract, and the seconds it took; `error` is why it failed."""

    status: KernelStatus
    took: float
    error: GraceError | None = None


class BringUp:
    """Starts kernels of one node; a failure is a value, because others judge how serious it is.

    `processes` are the children of this node, `usual` the seconds that each kernel took at earlier boots.
    """

    def __init__(
        self,
        kernels: Mapping[str, Kernel],
        supervision: Supervision,
        probe: Probing,
        status: StatusFile,
        usual: Mapping[str, float],
    ) -> None:
        self._kernels = kernels
        self._supervision = supervision
        self._probe = probe
        self._status = status
        self._usual = usual
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """Begin no further try."""
        self._given_up.set()

    def wave(self, names: Sequence[str], *, thorough: bool = False) -> Iterator[Brought]:
        """Start these concurrently, or with `thorough` ask each for its full contract; yield each when it is done.

        It waits in a queue and not for threads, so that a signal reaches the main thread meanwhile.
        """
        done: queue.SimpleQueue[Brought] = queue.SimpleQueue()
        for name in names:
            threading.Thread(
                target=lambda name=name: done.put(self.one(self._kernels[name], thorough=thorough)),
                name=f"kernel-{name}",
                daemon=True,
            ).start()
        for _ in names:
            yield done.get()

    def one(self, kernel: Kernel, *, thorough: bool = False) -> Brought:
        """Start one, record it in the status file, and return the result."""
        began = time.monotonic()
        earlier = self._status.kernels.get(kernel.name)
        if not thorough:
            self._status.kernel(KernelStatus(name=kernel.name, state=KernelState.STARTING, told=""))
        try:
            readiness, error = self._tried(kernel, began, thorough=thorough), None
        except GraceError as failure:
            readiness, error = Unready(str(failure)), failure
        except Exception as failure:  # noqa: BLE001 - a self-test may be a plug-in's: one that breaks has failed
            readiness = Unready(f"its self-test crashed: {type(failure).__name__}: {failure}")
            error = PermanentError(f"kernel {kernel.name}: {readiness.why}")
        found = tested(readiness)
        took = time.monotonic() - began
        # The time that a kernel needs to start is not the time of its full contract.
        kept = took if earlier is None or not thorough else earlier.took
        state = KernelState.FAILED if error else found.state
        status = KernelStatus(name=kernel.name, state=state, told=found.detail, took=kept)
        self._status.kernel(status)
        return Brought(status=status, took=took, error=error)

    def _tried(self, kernel: Kernel, began: float, *, thorough: bool) -> Readiness:
        if not is_here(kernel, self._supervision.states):
            return Absent("another node runs it")
        self._require_needs(kernel)
        usual = self._usual.get(kernel.name)
        left = start_timeout(kernel, None if usual is None else timedelta(seconds=usual))
        deadline = began + left.total_seconds()
        if kernel.process in self._supervision.states and kernel.process is not None:
            self._start(kernel.process, deadline, within=left)
        return self._tested(kernel, deadline, thorough=thorough)

    def _require_needs(self, kernel: Kernel) -> None:
        known = self._status.kernels
        for need in kernel.needs:
            if need in known and not known[need].state.serves:
                raise TransientError(f"{kernel.name} needs {need}, which is {known[need].state}")

    def _start(self, process: str, deadline: float, *, within: timedelta) -> None:
        """Start the child and wait for it in short turns, so that giving up is noticed."""
        self._supervision.start([process])
        while True:
            self._require_going_on()
            try:
                self._supervision.wait_ready([process], within=min(_LOOK, max(0.0, deadline - time.monotonic())))
            except TransientError as error:
                if time.monotonic() >= deadline:
                    status = self._supervision.states[process]
                    why = f"{process} is not ready after {within.total_seconds():.0f} s, it is {status.state}"
                    raise PermanentError(f"{why}: {status.trouble}" if status.trouble else why) from error
            else:
                return

    def _tested(self, kernel: Kernel, deadline: float, *, thorough: bool) -> Readiness:
        probe = self._probe(thorough=thorough)
        attempt = 0
        while True:
            self._require_going_on()
            attempt += 1
            asked = time.monotonic()
            failure: GraceError
            try:
                found = kernel.readiness(probe)
            except TransientError as error:
                failure = TransientError(f"kernel {kernel.name}: {error}")
            else:
                if not isinstance(found, Unready):
                    return found
                failure = PermanentError(f"kernel {kernel.name}: {found.why}")
            now = time.monotonic()
            wait = next_try(attempt, timedelta(seconds=now - asked), timedelta(seconds=max(0.0, deadline - now)))
            if wait is None or self._given_up.wait(wait.total_seconds()):
                raise failure

    def _require_going_on(self) -> None:
        if self._given_up.is_set():
            raise TransientError("the boot was abandoned")
