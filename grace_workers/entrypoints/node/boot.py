"""Bringing a whole node up, phase by phase, and down again."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Generic

from grace_workers.entrypoints.node.board import STATE_FILE, STOPPING, WAITING, Board
from grace_workers.entrypoints.node.bring_up import BringUp, Brought, told_of
from grace_workers.entrypoints.node.chronicle import Chronicle
from grace_workers.entrypoints.node.following import Following
from grace_workers.entrypoints.node.leaving import Leaving
from grace_workers.entrypoints.node.mend import Mending
from grace_workers.entrypoints.node.ports import C, NodeParts, Status, Step, Supervision
from grace_workers.entrypoints.node.progress import ROLL_BACK, STOP, Progress, Tell
from grace_workers.entrypoints.node.steward import Steward
from grace_workers.entrypoints.node.stewardship import steward_of
from grace_workers.fleet import (
    Kernel,
    KernelState,
    MustWait,
    Phase,
    Ready,
    Tier,
    boot_plan,
    may_boot,
    required,
)
from grace_workers.foundation.errors import GraceError

_SERVERS_WITHIN = 40.0
_IN_TROUBLE = {"backing_off", "unready"}
_LOOK = 1.0


class Node(Generic[C]):
    """One node: its data directory, its kernels, and the embedded servers and child processes behind them."""

    def __init__(self, parts: NodeParts[C], tell: Tell, *, torn: Callable[[], bool] = lambda: False) -> None:
        """`torn` says whether somebody has asked the node to stop, so that a failure may be the trace of just that."""
        self._parts = parts
        self._torn = torn
        self._telling = threading.Lock()
        self._told_to = tell
        self._kernels: dict[str, Kernel] = dict(parts.kernels)
        self._board = Board(parts.data_dir / STATE_FILE, self._kernels)
        self._chronicle = Chronicle(parts.instance, parts.publish)
        self._servers: Supervision | None = None
        self._groups: list[Supervision] = []
        self._started: list[Sequence[str]] = []
        self._bring_up: BringUp | None = None
        self._mending: Mending | None = None
        self._steward: Steward | None = None
        self._leaving: Leaving | None = None
        self._following: Following | None = None
        self._phase: Phase | None = None
        self._held = False

    @property
    def states(self) -> Mapping[str, Status]:
        """How each child process is doing."""
        return {name: status for group in self._groups for name, status in group.states.items()}

    @property
    def board(self) -> Board:
        """What is known of the node's kernels."""
        return self._board

    def start(self, *, at_once: bool = False) -> None:
        """Bring everything up; return when every self-test has passed, or only optional kernels failed.

        A node whose boots keep failing waits first, unless `at_once`.

        Raises:
            GraceError: something required failed; what had started has been stopped again, in reverse order.
        """
        self._parts.hold()
        self._held = True
        self._board.show()
        if not at_once:
            self._await_turn()
        self._parts.boots.begin()
        try:
            self._boot()
        except Exception as error:
            if self._torn():
                self._parts.boots.withdraw()
                raise
            self._roll_back(error)
            self._parts.boots.failed()
            raise
        except BaseException:
            # Somebody stopped it; that is no failure.
            self._parts.boots.withdraw()
            raise
        self._parts.boots.succeeded()
        self._run()

    def stop(self) -> None:
        """Bring everything down, the servers last."""
        began = time.monotonic()
        self._tell(Progress(stage=STOP, state="started"))
        ran = self._mending is not None
        if self._following is not None:
            # It would take this drain for one that the fleet asks for, and a second signal for haste.
            self._following.stop()
        if self._leaving is not None:
            self._leaving.drain()
        self._give_up()
        self._chronicle.close()
        if self._held:
            self._board.enter(STOPPING)
        for group in reversed(self._groups):
            # What a pool still runs goes to others when the control process leaves; by then the pool must have ended.
            group.stop([name for name in self._parts.pools if name in group.states])
            group.stop()
        if ran:
            self._parts.keep_warm(self._took())
        if self._held:
            self._board.wipe()
        self._parts.release()
        self._tell(Progress(stage=STOP, state="done", took=time.monotonic() - began))

    def hurry(self) -> None:
        """Cut a running `stop` short: everything still running is killed."""
        if self._leaving is not None:
            self._leaving.hurry()
        for group in self._groups:
            group.hurry()

    def _await_turn(self) -> None:
        told = False
        while isinstance(found := may_boot(self._parts.boots.failures(), datetime.now(UTC)), MustWait):
            if not told:
                why = (
                    f"{found.failures} boots failed in the last ten minutes; the next begins at "
                    f"{found.until.astimezone():%H:%M:%S}; `--now` begins at once"
                )
                self._board.enter(WAITING, why)
                self._tell(Progress(stage="boot limit", state="waiting", note=why))
                told = True
            time.sleep(_LOOK)

    def _boot(self) -> None:
        with self._enter(Phase.PREFLIGHT):
            environment = self._parts.reserve()
            self._steps(self._parts.preflight())
        with self._enter(Phase.WARM_UP):
            self._steps(self._parts.warm_up())
        with self._enter(Phase.FOUNDATION):
            self._bring_up_servers()
            with self._step("schema"):
                self._parts.migrate()
            self._chronicle.open()
            group = self._supervise(self._parts.children(environment))
            self._adopt(group)
            self._bring_up = BringUp(self._kernels, group, self._parts.probe, self._board, self._parts.usual())
            plans = {plan.phase: plan.waves for plan in boot_plan(self._kernels)}
            self._waves(plans.pop(Phase.FOUNDATION))
        for phase, waves in plans.items():
            with self._enter(phase):
                self._waves(waves)
        with self._enter(Phase.CONTRACT_TESTS):
            alive = [name for name, one in self._board.kernels.items() if one.state.serves]
            self._wave(alive, thorough=True)

    def _run(self) -> None:
        """Go over to normal work: a kernel that did not come up is tried on in the background."""
        self._board.settle()
        self._parts.keep_warm(self._took())
        if self._bring_up is not None:
            self._mending = Mending(self._kernels, self._bring_up, self._board, self._tell)
            self._mending.start()
        place = self._parts.place_in_fleet()
        if place is not None:
            self._leaving = Leaving(place, self._parts.stop_grace, self._tell)
            self._following = Following(place, self._parts.pools, self._groups[-1])
            self._following.start()
        parts = self._parts.steward()
        if parts is not None:
            self._steward = steward_of(parts, self._groups, self._board, self._kernels)
            self._steward.start()

    def _bring_up_servers(self) -> None:
        servers = self._parts.servers
        if servers:
            with self._step("servers"):
                self._servers = self._supervise(servers)
                self._servers.start()
                self._servers.wait_ready(within=_SERVERS_WITHIN)

    def _supervise(self, children: Sequence[C]) -> Supervision:
        group = self._parts.supervise(children, self._report)
        self._groups.append(group)
        return group

    def _adopt(self, group: Supervision) -> None:
        """Make a kernel of each process that belongs to none: optional, and ready when its process is."""
        owned = {kernel.process for kernel in self._kernels.values()}
        for name in group.states:
            if name not in owned:
                self._kernels[name] = Kernel(
                    name=name,
                    tier=Tier.AUTONOMY,
                    critical=False,
                    process=name,
                    may_pause=True,
                    readiness=lambda _probe: Ready("its process passed its self-test"),
                )

    def _waves(self, waves: Sequence[Sequence[str]]) -> None:
        for wave in waves:
            processes = [self._kernels[name].process for name in wave]
            self._started.append([name for name in processes if name is not None and name in self._groups[-1].states])
            self._wave(wave)

    def _wave(self, names: Sequence[str], *, thorough: bool = False) -> None:
        if self._bring_up is None:
            raise AssertionError("no kernel can come up before the foundation")
        vital = required(self._kernels)
        for brought in self._bring_up.wave(names, thorough=thorough):
            self._tell_of(brought)
            if brought.error is not None and brought.report.name in vital:
                raise brought.error

    def _tell_of(self, brought: Brought) -> None:
        one = brought.report
        state = "failed" if brought.error is not None else one.state.value
        self._tell_step(Progress(stage=one.name, state=state, took=brought.took, note=one.told, phase=self._phase))

    def _tell_step(self, progress: Progress) -> None:
        """Tell of a step of the boot, which is an event of the fleet too."""
        self._chronicle.note(progress)
        self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        """Tell one thing at a time, whichever thread it happens on."""
        with self._telling:
            self._told_to(progress)

    def _steps(self, steps: Sequence[Step]) -> None:
        """Take steps side by side; tell of each, and raise the first failure in their own order."""
        done: queue.SimpleQueue[tuple[str, GraceError | None]] = queue.SimpleQueue()
        for step in steps:
            threading.Thread(target=lambda one=step: done.put(self._taken(one)), name=step.name, daemon=True).start()
        failed = dict(done.get() for _ in steps)
        for step in steps:
            if (error := failed[step.name]) is not None:
                raise error

    def _taken(self, step: Step) -> tuple[str, GraceError | None]:
        began = time.monotonic()
        error: GraceError | None = None
        try:
            state, note = told_of(step.run())
        except GraceError as failure:
            error, state, note = failure, KernelState.FAILED, str(failure)
        took = time.monotonic() - began
        self._tell_step(Progress(stage=step.name, state=state.value, took=took, note=note, phase=self._phase))
        return step.name, error

    @contextmanager
    def _enter(self, phase: Phase) -> Iterator[None]:
        self._phase = phase
        with self._step(phase.value):
            yield
        self._phase = None

    @contextmanager
    def _step(self, stage: str) -> Iterator[None]:
        began = time.monotonic()
        self._tell_step(Progress(stage=stage, state="started", phase=self._phase))
        try:
            yield
        except GraceError as error:
            took = time.monotonic() - began
            self._tell_step(Progress(stage=stage, state="failed", took=took, note=str(error), phase=self._phase))
            raise
        self._tell_step(Progress(stage=stage, state="done", took=time.monotonic() - began, phase=self._phase))

    def _roll_back(self, reason: Exception) -> None:
        """Stop what was started, in reverse order, the servers last."""
        began = time.monotonic()
        self._tell_step(Progress(stage=ROLL_BACK, state="started", note=str(reason)))
        self._give_up()
        while self._groups:
            group = self._groups.pop()
            if group is self._servers:
                # Without them there is nowhere to publish; only they are left.
                self._close_chronicle(began, reason)
            for names in reversed([names for names in self._started if set(names) <= set(group.states)]):
                group.stop(names)
            group.stop()
        if self._servers is None:
            self._close_chronicle(began, reason)
        self._tell(Progress(stage=ROLL_BACK, state="done", took=time.monotonic() - began))

    def _close_chronicle(self, began: float, reason: Exception) -> None:
        ended = Progress(stage=ROLL_BACK, state="done", took=time.monotonic() - began, note=str(reason))
        self._chronicle.note(ended)
        self._chronicle.close()

    def _give_up(self) -> None:
        if self._following is not None:
            self._following.stop()
        if self._steward is not None:
            self._steward.stop()
        if self._mending is not None:
            self._mending.stop()
        if self._bring_up is not None:
            self._bring_up.give_up()

    def _took(self) -> Mapping[str, float]:
        return {name: one.took for name, one in self._board.kernels.items() if one.took is not None}

    def _report(self, status: Status) -> None:
        self._board.child(status)
        note = status.trouble if status.state in _IN_TROUBLE else None
        took = status.took if status.state == "ready" else None
        self._tell(Progress(stage=status.name, state=status.state, took=took, note=note, phase=self._phase))
