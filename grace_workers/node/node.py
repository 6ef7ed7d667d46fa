"""One node: it boots, runs until it is told to stop, and stops everything again."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from grace_workers.fleet import Kernel, KernelStanding, MustWait, ProcessStatus, Verb, may_boot
from grace_workers.node.boot.retry import BootRetry
from grace_workers.node.boot.sequence import Boot
from grace_workers.node.kernels.acts import KernelActs
from grace_workers.node.kernels.processes import Processes
from grace_workers.node.kernels.watch import KernelWatch
from grace_workers.node.membership.drain import Drain
from grace_workers.node.membership.watcher import MembershipWatcher
from grace_workers.node.orders import OrderExecutor
from grace_workers.node.ports import KernelPorts, NodeParts
from grace_workers.node.progress import STOP, Progress, Tell
from grace_workers.node.status_file import STATE_FILE, STOPPING, WAITING, KernelStatus, StatusFile

_LOOK = 1.0


class Node:
    """One node: its data directory, its kernels, and the embedded servers and child processes behind them."""

    def __init__(self, parts: NodeParts, tell: Tell, *, torn: Callable[[], bool] = lambda: False) -> None:
        """`torn` says whether the node was asked to stop, so that a failure may be a result of that."""
        self._parts = parts
        self._torn = torn
        self._telling = threading.Lock()
        self._told_to = tell
        self._kernels: dict[str, Kernel] = dict(parts.kernels)
        self._status = StatusFile(parts.data_dir / STATE_FILE, self._kernels)
        self._boot = Boot(parts, self._kernels, self._status, self._tell)
        self._retry: BootRetry | None = None
        self._orders: OrderExecutor | None = None
        self._drain: Drain | None = None
        self._watcher: MembershipWatcher | None = None
        self._held = False

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        """The state of each child process."""
        return Processes(self._boot.groups).states

    @property
    def status(self) -> StatusFile:
        """What is known of the node's kernels."""
        return self._status

    def start(self, *, at_once: bool = False) -> None:
        """Start everything; return when every self-test has passed, or only optional kernels failed.

        A node whose boots keep failing waits first, unless `at_once`.

        Raises:
            GraceError: something required failed; what had started has been stopped again, in reverse order.
        """
        self._parts.host.hold()
        self._held = True
        self._status.show()
        if not at_once:
            self._await_turn()
        boots = self._parts.boots
        boots.begin()
        try:
            self._boot.run()
        except Exception as error:
            if self._torn():
                boots.withdraw()
                raise
            self._boot.roll_back(error)
            boots.failed()
            raise
        except BaseException:
            # It was stopped on request, which is not a failure.
            boots.withdraw()
            raise
        boots.succeeded()
        self._run()

    def stop(self) -> None:
        """Stop everything, the servers last."""
        began = time.monotonic()
        self._tell(Progress(stage=STOP, state="started"))
        if self._watcher is not None:
            # It would take this drain for one that the fleet requested, and a second signal for haste.
            self._watcher.stop()
        if self._drain is not None:
            self._drain.run()
        self._give_up()
        self._boot.close()
        if self._held:
            self._status.enter(STOPPING)
        for group in reversed(self._boot.groups):
            # What a pool still runs goes to others when the control process leaves; by then the pool must have ended.
            group.stop([name for name in self._parts.pools if name in group.states])
            group.stop()
        if self._retry is not None:
            self._parts.warm_up.keep(self._took())
        if self._held:
            self._status.wipe()
        self._parts.host.release()
        self._tell(Progress(stage=STOP, state="done", took=time.monotonic() - began))

    def hurry(self) -> None:
        """Shorten a running `stop`: everything still running is killed."""
        if self._drain is not None:
            self._drain.hurry()
        for group in self._boot.groups:
            group.hurry()

    def _await_turn(self) -> None:
        told = False
        while isinstance(found := may_boot(self._parts.boots.failures(), datetime.now(UTC)), MustWait):
            if not told:
                why = (
                    f"{found.failures} boots failed in the last ten minutes; the next starts at "
                    f"{found.until.astimezone():%H:%M:%S}; `--now` starts at once"
                )
                self._status.enter(WAITING, why)
                self._tell(Progress(stage="boot limit", state="waiting", note=why))
                told = True
            time.sleep(_LOOK)

    def _run(self) -> None:
        """Switch to normal operation: a kernel that did not start is retried in the background."""
        self._status.settle()
        self._parts.warm_up.keep(self._took())
        if self._boot.bring_up is not None:
            self._retry = BootRetry(self._kernels, self._boot.bring_up, self._status, self._tell)
            self._retry.start()
        place = self._parts.place()
        if place is not None:
            self._drain = Drain(place, self._parts.stop_grace, self._tell)
            self._watcher = MembershipWatcher(place, self._parts.pools, self._boot.groups[-1])
            self._watcher.start()
        ports = self._parts.kernel_ports()
        if ports is not None:
            self._orders = self._order_executor(ports)
            self._orders.start()

    def _order_executor(self, ports: KernelPorts) -> OrderExecutor:
        """Return what watches the kernels and carries out orders, not yet started."""
        processes = Processes(self._boot.groups)
        booted = {name: KernelStanding(state=one.state, detail=one.told) for name, one in self._status.kernels.items()}
        watch = KernelWatch(ports, processes, self._note_kernel, kernels=self._kernels, booted=booted)
        acts = KernelActs(self._kernels, processes, watch)
        verbs = {Verb.RESTART: acts.restart, Verb.PAUSE: acts.pause, Verb.RESUME: acts.resume}
        return OrderExecutor(ports, watch, verbs)

    def _note_kernel(self, name: str, found: KernelStanding) -> None:
        booted = self._status.kernels.get(name)
        took = None if booted is None else booted.took
        self._status.kernel(KernelStatus(name=name, state=found.state, told=found.detail, took=took))
        self._status.settle()

    def _give_up(self) -> None:
        if self._orders is not None:
            self._orders.stop()
        if self._retry is not None:
            self._retry.stop()
        self._boot.give_up()

    def _took(self) -> Mapping[str, float]:
        return {name: one.took for name, one in self._status.kernels.items() if one.took is not None}

    def _tell(self, progress: Progress) -> None:
        """Report one thing at a time, whichever thread it happens on."""
        with self._telling:
            self._told_to(progress)
