"""The ports of a node. bootstrap assigns their adapters, and mypy proves there that they fit."""

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
        """The state of each child."""
        ...

    def start(self, names: Sequence[str] | None = None) -> None:
        """Start these children, or all; one that was started already is left alone."""
        ...

    def wait_ready(self, names: Sequence[str] | None = None, *, within: float) -> None:
        """Wait until these, or all, have been ready once. Raises PermanentError or TransientError with one sentence."""
        ...

    def stop(self, names: Sequence[str] | None = None) -> None:
        """Stop these, or all, and return when they have ended."""
        ...

    def pause(self, name: str, *, key: str = ..., why: str, within: float = ...) -> None:
        """Stop a child and keep it stopped until `resume` with the same key. Raises GraceError."""
        ...

    def resume(self, name: str, *, key: str = ..., within: float = ...) -> None:
        """End a pause, and return when the child is ready. Raises GraceError."""
        ...

    def restart(self, name: str, *, within: float = ...) -> None:
        """Restart a child; return when it is ready. Raises GraceError."""
        ...

    def hurry(self) -> None:
        """Shorten a stop that is under way."""
        ...


class Host(Protocol):
    """The machine's side of a node: its data directory, its servers and its processes."""

    def hold(self) -> None:
        """Lock the data directory. Raises ConflictError when another node has it, InputError when it is unusable."""
        ...

    def release(self) -> None:
        """Release the data directory and close all connections."""
        ...

    def reserve(self) -> Mapping[str, str]:
        """Choose addresses and passwords; return the environment that passes this configuration to the children."""
        ...

    def servers(self, report: Report) -> Supervision | None:
        """Return the embedded servers, not yet started; None when URLs of other servers are given."""
        ...

    def processes(self, environment: Mapping[str, str], report: Report) -> Supervision:
        """Return the processes of this node, not yet started. Only after `NodeParts.set_up`."""
        ...


class Probing(Protocol):
    """Makes the probes that self-tests use."""

    def __call__(self, *, thorough: bool) -> Probe:
        """Return the probe; with `thorough`, for the full contract. Only after `Host.reserve`."""
        ...


@dataclass(frozen=True, slots=True)
class BootStep:
    """A step of a phase that starts no kernel. `run` returns what it found; it raises GraceError to abort the boot."""

    name: str
    run: Callable[[], Readiness]


class WarmUp(Protocol):
    """What makes the processes start faster, and what one boot tells the next."""

    def steps(self) -> Sequence[BootStep]:
        """Return the steps of the warm-up."""
        ...

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took to start at the last boot; empty when that is unknown."""
        ...

    def keep(self, took: Mapping[str, float]) -> None:
        """Store for the next boot how many seconds each kernel took."""
        ...


class Register(Protocol):
    """The fleet's register of nodes."""

    def register(
        self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = (), home: str | None = None
    ) -> Instance:
        """Register a node under the next epoch of its name; jobs that an earlier epoch left running are requeued.

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
        """Send a heartbeat and the score. Raises FencedError when the node was declared dead or replaced."""
        ...

    def leave(self, instance: Instance) -> None:
        """Remove the node from the fleet."""
        ...

    def list_all(self) -> Sequence[Instance]:
        """Return every node ever registered."""
        ...


class PlaceInFleet(Protocol):
    """A node's own entry in the fleet. Every method raises TransientError when a server cannot be reached."""

    def look(self) -> Instance | None:
        """Return this node's entry; None when it is not in the fleet, or another node has its name."""
        ...

    def repaired(self, instance: Instance, why: str) -> None:
        """Tell the fleet that this node's processes are new and ready. Raises ConflictError for an old epoch."""
        ...

    def drain(self, grace: timedelta, *, reason: str) -> Instance | None:
        """Start a drain, or shorten one under way; None when this node is not in the fleet."""
        ...

    def running(self) -> int:
        """Return how many jobs this node runs."""
        ...

    def stop_taking(self) -> None:
        """Tell this node's workers to stop reading queues."""
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
        """Record the result of an order. Raises TransientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPorts:
    """What the kernel watch and the order executor work with. `kernels` are those of the catalog.

    `pressure` measures the load of the machine. `escalate` raises a signal of the fleet itself, that a kernel keeps
    failing or has recovered; it raises TransientError.
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
    """Everything that a node consists of.

    `pools` are the worker pools among its processes; `stop_grace` is how long a stopping node lets its jobs run on.
    `set_up` prepares the database once it answers; it raises GraceError. `publish` publishes steps of the boot as
    events with these ids, only after `set_up`; it raises TransientError. `place` and `kernel_ports` are called once
    the node runs; each returns None for a node without them. `endpoints` are the addresses that people open.
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
