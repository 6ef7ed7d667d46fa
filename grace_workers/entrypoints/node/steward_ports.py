"""What the steward of a node works with; bootstrap hands in the real parts."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from grace_workers.fleet import Kernel, KernelReport, Order, OrderState, Pressure, Probe, ProcessFacts
from grace_workers.foundation.ids import InstanceName


class WatchedStatus(Protocol):
    """How one child process is doing, as the watch of the kernels needs it."""

    @property
    def state(self) -> str:
        """The supervisor's word for it."""
        ...

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        ...

    @property
    def restarts(self) -> int:
        """How often it ended by itself."""
        ...

    @property
    def trouble(self) -> str | None:
        """Its last failure."""
        ...

    @property
    def keeps_failing(self) -> bool:
        """Whether restarts do not mend it."""
        ...

    @property
    def paused_for(self) -> str | None:
        """Why it is paused."""
        ...


class Group(Protocol):
    """Child processes under one supervisor."""

    @property
    def states(self) -> Mapping[str, WatchedStatus]:
        """How each child is doing."""
        ...

    def pause(self, name: str, *, key: str = ..., why: str, within: float = ...) -> None:
        """End a child and keep it away until `resume` with the same key."""
        ...

    def resume(self, name: str, *, key: str = ..., within: float = ...) -> None:
        """Take a pause back, and return when the child is ready."""
        ...

    def restart(self, name: str, *, within: float = ...) -> None:
        """End a child and start it anew; return when it is ready."""
        ...


class Reports(Protocol):
    """The fleet's book of kernels."""

    def report(self, reports: Sequence[KernelReport]) -> None:
        """Replace what is known of one node's kernels. Raises TransientError."""
        ...


class Orders(Protocol):
    """The orders given to nodes."""

    def take(self, instance: InstanceName, *, held: Sequence[UUID] = ()) -> Order | None:
        """Take the oldest open order that is not among `held`. Raises TransientError."""
        ...

    def end(self, order: UUID, state: OrderState, detail: str) -> None:
        """Record what came of an order. Raises TransientError."""
        ...


class StewardParts(Protocol):
    """What bootstrap gives the steward."""

    @property
    def instance(self) -> InstanceName:
        """This node's name in the fleet."""
        ...

    @property
    def kernels(self) -> Mapping[str, Kernel]:
        """The catalog."""
        ...

    @property
    def probe(self) -> Probe:
        """The outside world of the self-tests."""
        ...

    @property
    def reports(self) -> Reports:
        """Where the state of the kernels is kept."""
        ...

    @property
    def orders(self) -> Orders:
        """Where orders come from."""
        ...

    def pressure(self) -> Pressure:
        """Return how hard this machine is pressed."""
        ...

    def escalate(self, report: KernelReport) -> None:
        """Raise a signal of the fleet itself: a kernel keeps failing, or no longer does. Raises TransientError."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class Processes:
    """All child processes of a node, whichever supervisor has them."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups

    @property
    def states(self) -> Mapping[str, ProcessFacts]:
        """How each is doing."""
        return {
            name: ProcessFacts(
                state=status.state,
                pid=status.pid,
                restarts=status.restarts,
                trouble=status.trouble,
                keeps_failing=status.keeps_failing,
                paused_for=status.paused_for,
            )
            for group in self._groups
            for name, status in group.states.items()
        }

    def pause(self, name: str, *, key: str, why: str) -> None:
        """End a process and keep it away until `resume` with the same key. Raises GraceError."""
        self._group(name).pause(name, key=key, why=why)

    def resume(self, name: str, *, key: str) -> None:
        """Take a pause back. Raises GraceError when it is not ready in time."""
        self._group(name).resume(name, key=key)

    def restart(self, name: str) -> None:
        """End a process and start it anew. Raises GraceError."""
        self._group(name).restart(name)

    def _group(self, name: str) -> Group:
        return next(group for group in self._groups if name in group.states)
