"""The boot of a node: its seven phases in order, and the roll-back when one of them fails."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from grace_workers.fleet import (
    Kernel,
    KernelState,
    Phase,
    ProcessState,
    ProcessStatus,
    Ready,
    Tier,
    boot_plan,
    required,
    tested,
)
from grace_workers.foundation.errors import GraceError
from grace_workers.node.boot.bring_up import BringUp, Brought
from grace_workers.node.boot.events import BootEventPublisher
from grace_workers.node.ports import BootStep, NodeParts, Supervision
from grace_workers.node.progress import ROLL_BACK, Progress, Tell
from grace_workers.node.status_file import StatusFile

_SERVERS_WITHIN = 40.0
_IN_TROUBLE = frozenset({ProcessState.BACKING_OFF, ProcessState.UNREADY})


class Boot:
    """One boot of one node. `kernels` grows by each process that belongs to no kernel of the catalog.

    `groups` are the supervised processes in the order of their start, `bring_up` is there from the foundation phase on.
    """

    def __init__(self, parts: NodeParts, kernels: dict[str, Kernel], status: StatusFile, tell: Tell) -> None:
        self.groups: list[Supervision] = []
        self.bring_up: BringUp | None = None
        self._parts = parts
        self._kernels = kernels
        self._status = status
        self._tell = tell
        self._events = BootEventPublisher(parts.instance, parts.publish)
        self._servers: Supervision | None = None
        self._started: list[Sequence[str]] = []
        self._phase: Phase | None = None

    def run(self) -> None:
        """Start everything; return when every self-test has passed, or only optional kernels failed.

        Raises:
            GraceError: something required failed.
        """
        with self._enter(Phase.PREFLIGHT):
            environment = self._parts.host.reserve()
            self._steps(self._parts.preflight())
        with self._enter(Phase.WARM_UP):
            self._steps(self._parts.warm_up.steps())
        with self._enter(Phase.FOUNDATION):
            self._bring_up_servers()
            with self._step("schema"):
                self._parts.set_up()
            self._events.open()
            group = self._parts.host.processes(environment, self._report)
            self.groups.append(group)
            self._adopt(group)
            usual = self._parts.warm_up.usual()
            self.bring_up = BringUp(self._kernels, group, self._parts.probe, self._status, usual)
            plans = {plan.phase: plan.waves for plan in boot_plan(self._kernels)}
            self._waves(plans.pop(Phase.FOUNDATION), group)
        for phase, waves in plans.items():
            with self._enter(phase):
                self._waves(waves, group)
        with self._enter(Phase.CONTRACT_TESTS):
            alive = [name for name, one in self._status.kernels.items() if one.state.serves]
            self._wave(alive, thorough=True)

    def give_up(self) -> None:
        """Begin no further try."""
        if self.bring_up is not None:
            self.bring_up.give_up()

    def close(self) -> None:
        """Publish what is left of the boot's events, for a short time."""
        self._events.close()

    def roll_back(self, reason: Exception) -> None:
        """Stop what was started, in reverse order, the servers last."""
        began = time.monotonic()
        self._tell_step(Progress(stage=ROLL_BACK, state="started", note=str(reason)))
        self.give_up()
        while self.groups:
            group = self.groups.pop()
            if group is self._servers:
                # Without them there is nowhere to publish; only they are left.
                self._close_rolled_back(began, reason)
            for names in reversed([names for names in self._started if set(names) <= set(group.states)]):
                group.stop(names)
            group.stop()
        if self._servers is None:
            self._close_rolled_back(began, reason)
        self._tell(Progress(stage=ROLL_BACK, state="done", took=time.monotonic() - began))

    def _close_rolled_back(self, began: float, reason: Exception) -> None:
        took = time.monotonic() - began
        self._events.note(Progress(stage=ROLL_BACK, state="done", took=took, note=str(reason)))
        self._events.close()

    def _bring_up_servers(self) -> None:
        servers = self._parts.host.servers(self._report)
        if servers is not None:
            with self._step("servers"):
                self._servers = servers
                self.groups.append(servers)
                servers.start()
                servers.wait_ready(within=_SERVERS_WITHIN)

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

    def _waves(self, waves: Sequence[Sequence[str]], group: Supervision) -> None:
        for wave in waves:
            processes = [self._kernels[name].process for name in wave]
            self._started.append([name for name in processes if name is not None and name in group.states])
            self._wave(wave)

    def _wave(self, names: Sequence[str], *, thorough: bool = False) -> None:
        if self.bring_up is None:
            raise AssertionError("no kernel can start before the foundation")
        needed = required(self._kernels)
        for brought in self.bring_up.wave(names, thorough=thorough):
            self._tell_of(brought)
            if brought.error is not None and brought.status.name in needed:
                raise brought.error

    def _tell_of(self, brought: Brought) -> None:
        one = brought.status
        state = "failed" if brought.error is not None else one.state.value
        self._tell_step(Progress(stage=one.name, state=state, took=brought.took, note=one.told, phase=self._phase))

    def _tell_step(self, progress: Progress) -> None:
        """Report a step of the boot, which is an event of the fleet too."""
        self._events.note(progress)
        self._tell(progress)

    def _steps(self, steps: Sequence[BootStep]) -> None:
        """Take steps concurrently; report each, and raise the first failure in their own order."""
        done: queue.SimpleQueue[tuple[str, GraceError | None]] = queue.SimpleQueue()
        for step in steps:
            threading.Thread(target=_into(done, self._taken, step), name=step.name, daemon=True).start()
        failed: Mapping[str, GraceError | None] = dict(done.get() for _ in steps)
        for step in steps:
            if (error := failed[step.name]) is not None:
                raise error

    def _taken(self, step: BootStep) -> tuple[str, GraceError | None]:
        began = time.monotonic()
        error: GraceError | None = None
        try:
            found = tested(step.run())
            state, note = found.state, found.detail
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

    def _report(self, status: ProcessStatus) -> None:
        self._status.child(status)
        note = status.trouble if status.state in _IN_TROUBLE else None
        took = status.took if status.state is ProcessState.READY else None
        self._tell(Progress(stage=status.name, state=status.state, took=took, note=note, phase=self._phase))


def _into(
    done: "queue.SimpleQueue[tuple[str, GraceError | None]]",
    take: Callable[[BootStep], tuple[str, GraceError | None]],
    step: BootStep,
) -> Callable[[], None]:
    return lambda: done.put(take(step))
