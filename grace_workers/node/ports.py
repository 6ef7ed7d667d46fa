"""What a node acts through. bootstrap assigns the adapters that do it, and mypy proves there that they fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from grace_workers.fleet import (
    Instance,
    InstanceHealth,
    Kernel,
    KernelReport,
    Order,
    OrderState,
    Pressure,
    Probe,
    ProcessStatus,
    Readiness,
    ScorePart,
)
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.boot_memory import BootMemory
from grace_workers.orchestration.events.topics.node_boot import NodeBoot

Report = Callable[[ProcessStatus], None]
Publish = Callable[[Sequence[tuple[UUID, NodeBoot]]], None]


class Supervision(Protocol):
    """A group of child processes that is kept running."""

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        """How each child is doing."""
        ...

    def start(self, names: Sequence[str] | None = None) -> None:
        """Start these, or all; one that was started before is left alone."""
        ...

    def wait_ready(self, names: Sequence[str] | None = None, *, within: float) -> None:
        """Wait until these, or all, have been ready once. Raises PermanentError or TransientError with one sentence."""
        ...

    def stop(self, names: Sequence[str] | None = None) -> None:
        """Stop these, or all, and return when they have ended."""
        ...

    def pause(self, name: str, *, key: str = ..., why: str, within: float = ...) -> None:
        """End a child and keep it stopped until `resume` with the same key. Raises GraceError."""
        ...

    def resume(self, name: str, *, key: str = ..., within: float = ...) -> None:
        """Take a pause back, and return when the child is ready. Raises GraceError."""
        ...

    def restart(self, name: str, *, within: float = ...) -> None:
        """End a child and start it anew; return when it is ready. Raises GraceError."""
        ...

    def hurry(self) -> None:
        """Cut a running stop short."""
        ...


class Host(Protocol):
    """The machine's side of a node: its data directory, its servers and its processes."""

    def hold(self) -> None:
        """Take the data directory. Raises ConflictError when another node has it, InputError when it is unusable."""
        ...

    def release(self) -> None:
        """Give the data directory and all connections back."""
        ...

    def reserve(self) -> Mapping[str, str]:
        """Settle addresses and passwords; return the environment that shows a child this configuration."""
        ...

    def servers(self, report: Report) -> Supervision | None:
        """Return the embedded servers, not yet started; None when others are given by URL."""
        ...

    def processes(self, environment: Mapping[str, str], report: Report) -> Supervision:
        """Return the processes of this node, not yet started. Only after `NodeParts.set_up`."""
        ...


class Probing(Protocol):
    """Makes what self-tests ask."""

    def __call__(self, *, thorough: bool) -> Probe:
        """Return it; with `thorough` for their full contract. Only after `Host.reserve`."""
        ...


@dataclass(frozen=True, slots=True)
class BootStep:
    """A step of a phase that brings up no kernel. `run` says what it saw; it raises GraceError to end the boot."""

    name: str
    run: Callable[[], Readiness]


class WarmUp(Protocol):
    """What makes the start of the processes faster, and what one boot tells the next."""

    def steps(self) -> Sequence[BootStep]:
        """Return the steps of the warm-up."""
        ...

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took to come up at the last boot; nothing when that is unknown."""
        ...

    def keep(self, took: Mapping[str, float]) -> None:
        """Keep for the next boot how many seconds each kernel took."""
        ...


class Register(Protocol):
    """The fleet's register of nodes."""

    def register(
        self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = (), home: str | None = None
    ) -> Instance:
        """Enter a node under the next epoch of its name; jobs that an earlier epoch left running go back.

        Raises ConflictError while a node of that name and another `home` is alive.
        """
        ...

    def heartbeat(
        self,
        instance: Instance,
        *,
        health: InstanceHealth = InstanceHealth.HEALTHY,
        score: float = 1.0,
        parts: Sequence[ScorePart] = (),
    ) -> Instance:
        """Give a sign of life and the score. Raises FencedError when the node was declared dead or replaced."""
        ...

    def leave(self, instance: Instance) -> None:
        """Take the node out of the fleet."""
        ...

    def list_all(self) -> Sequence[Instance]:
        """Return every node ever registered."""
        ...


class PlaceInFleet(Protocol):
    """A node's own place in the fleet. Every method raises TransientError when a server cannot be reached."""

    def look(self) -> Instance | None:
        """Return this node's entry; None when it is not in the fleet, or another node has its name."""
        ...

    def repaired(self, instance: Instance, why: str) -> None:
        """Tell the fleet that this node's processes are new and ready. Raises ConflictError when it is out of date."""
        ...

    def drain(self, grace: timedelta, *, reason: str) -> Instance | None:
        """Begin to drain, or shorten a drain under way; None when this node is not in the fleet."""
        ...

    def running(self) -> int:
        """Return how many jobs this node runs."""
        ...

    def stop_taking(self) -> None:
        """Ask this node's workers to read no more queues."""
        ...


class Reports(Protocol):
    """Where the fleet keeps the state of its kernels."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPorts:
    """What the kernel watch and the order executor work with. `kernels` are those of the catalog.

    `pressure` says how hard the machine is pressed. `escalate` raises a signal of the fleet itself: a kernel keeps
    failing, or no longer does; it raises TransientError.
    """

    instance: InstanceName
    kernels: Mapping[str, Kernel]
    probe: Probe
    reports: Reports
    orders: Orders
    pressure: Callable[[], Pressure]
    escalate: Callable[[KernelReport], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeParts:
    """Everything a node is made of.

    `pools` are the worker pools among its processes; `stop_grace` is how long a node that is asked to stop lets its
    jobs run on. `set_up` prepares the database once it answers; it raises GraceError. `publish` publishes steps of the
    boot as events with these ids, only after `set_up`; it raises TransientError. `place` and `kernel_ports` are called
    once the node runs; each returns None for a node without. `endpoints` are what people open.
    """

    instance: InstanceName
    data_dir: Path
    kernels: Mapping[str, Kernel]
    pools: Sequence[str]
    stop_grace: timedelta
    host: Host
    boots: BootMemory
    preflight: Callable[[], Sequence[BootStep]]
    warm_up: WarmUp
    set_up: Callable[[], None]
    probe: Probing
    publish: Publish
    place: Callable[[], PlaceInFleet | None]
    kernel_ports: Callable[[], KernelPorts | None]
    endpoints: Mapping[str, str]
