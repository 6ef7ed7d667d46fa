"""What a node is made of, as seen from here; bootstrap hands in the real parts."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from grace_workers.entrypoints.node.steward_ports import Group, StewardParts, WatchedStatus
from grace_workers.fleet import Health, Instance, Kernel, Part, Probe, Readiness
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.events.topics.node_boot import NodeBoot


class Status(WatchedStatus, Protocol):
    """How one child process is doing."""

    @property
    def name(self) -> str:
        """The child."""
        ...

    @property
    def took(self) -> float | None:
        """Seconds from its last start to ready."""
        ...


class Supervision(Group, Protocol):
    """A group of child processes that is kept running."""

    @property
    def states(self) -> Mapping[str, Status]:
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

    def restart(self, name: str, *, within: float = ...) -> None:
        """End a child and start it anew; return when it is ready. Raises GraceError."""
        ...

    def hurry(self) -> None:
        """Cut a running stop short."""
        ...


class Step(Protocol):
    """One step of a phase that brings up no kernel."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def run(self) -> Callable[[], Readiness]:
        """Take the step, and say what was seen. Raises GraceError when the boot must not go on."""
        ...


class Boots(Protocol):
    """What a node remembers of its boots, in its data directory."""

    def failures(self) -> Sequence[datetime]:
        """Return when boots failed; one that neither ended nor was withdrawn was killed, and failed."""
        ...

    def begin(self) -> None:
        """Remember that a boot is under way. Raises InputError when the data directory cannot be written."""
        ...

    def succeeded(self) -> None:
        """Forget all failures."""
        ...

    def failed(self) -> None:
        """Remember that the boot failed."""
        ...

    def withdraw(self) -> None:
        """Forget the boot that is under way: somebody stopped it."""
        ...


C = TypeVar("C")


class PlaceInFleet(Protocol):
    """A node's own place in the fleet. Every method raises TransientError when a server cannot be reached."""

    def look(self) -> Instance | None:
        """Return this node's entry; None when it is not in the fleet, or another node has its name."""
        ...

    def repaired(self, instance: Instance, why: str) -> None:
        """Tell the fleet that this node's processes are new and well. Raises ConflictError when that is out of date."""
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


class NodeParts(Protocol[C]):
    """Everything a node needs; `C` is the kind of child that `supervise` understands."""

    @property
    def instance(self) -> InstanceName:
        """The name of this node in the fleet."""
        ...

    @property
    def data_dir(self) -> Path:
        """Where the node keeps its things."""
        ...

    @property
    def servers(self) -> Sequence[C]:
        """The embedded servers, or none when others are given by URL."""
        ...

    @property
    def kernels(self) -> Mapping[str, Kernel]:
        """The kernels of the fleet, by name."""
        ...

    @property
    def boots(self) -> Boots:
        """What this node remembers of its boots."""
        ...

    def preflight(self) -> Sequence[Step]:
        """Return the seven checks of the gate; they start nothing."""
        ...

    def warm_up(self) -> Sequence[Step]:
        """Return what makes the start of the processes faster."""
        ...

    def usual(self) -> Mapping[str, float]:
        """Return how many seconds each kernel took to come up at the last boot; nothing when that is not known."""
        ...

    def keep_warm(self, took: Mapping[str, float]) -> None:
        """Keep for the next boot what is warm now, and how many seconds each kernel took."""
        ...

    def probe(self, *, thorough: bool) -> Probe:
        """Return what self-tests ask; with `thorough` for their full contract. Only after `reserve`."""
        ...

    def steward(self) -> StewardParts | None:
        """Return what the node's steward works with, None for a node without. Only after `migrate`."""
        ...

    def hold(self) -> None:
        """Take the data directory. Raises ConflictError when another node has it, InputError when it is unusable."""
        ...

    def release(self) -> None:
        """Give the data directory back."""
        ...

    def reserve(self) -> Mapping[str, str]:
        """Settle addresses and passwords; return the environment that shows a child this configuration."""
        ...

    def migrate(self) -> None:
        """Bring the database to the newest migration."""
        ...

    def publish(self, steps: Sequence[tuple[UUID, NodeBoot]]) -> None:
        """Publish steps of the boot as events with these ids. Only after `migrate`. Raises TransientError."""
        ...

    @property
    def stop_grace(self) -> timedelta:
        """How long a node that is asked to stop lets its jobs run on."""
        ...

    @property
    def pools(self) -> Sequence[str]:
        """The worker pools among its processes."""
        ...

    def place_in_fleet(self) -> PlaceInFleet | None:
        """Return this node's place in the fleet; None when it is no member of it."""
        ...

    def children(self, environment: Mapping[str, str]) -> Sequence[C]:
        """Return the processes of this node."""
        ...

    def supervise(self, children: Sequence[C], report: Callable[[Status], None]) -> Supervision:
        """Return a supervisor for them."""
        ...


class Register(Protocol):
    """The fleet's register of nodes."""

    def register(
        self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = (), home: str | None = None
    ) -> Instance:
        """Enter a node under the next epoch of its name; what an earlier epoch left running goes back.

        Raises ConflictError while a node of that name and another `home` is alive.
        """
        ...

    def heartbeat(
        self, instance: Instance, *, health: Health = Health.HEALTHY, score: float = 1.0, parts: Sequence[Part] = ()
    ) -> Instance:
        """Give a sign of life and the score. Raises FencedError when the node was declared dead or replaced."""
        ...

    def leave(self, instance: Instance) -> None:
        """Take the node out of the fleet."""
        ...

    def list_all(self) -> Sequence[Instance]:
        """Return every node ever registered."""
        ...


class Loop(Protocol):
    """One of the loops of the control process."""

    @property
    def name(self) -> str:
        """What it is called in the log."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; an exception ends the process, which is then started anew."""
        ...


class Repeated(Protocol):
    """An act to repeat every so often, while `when` allows. It may raise TransientError or FencedError."""

    @property
    def name(self) -> str:
        """What it is called in the log."""
        ...

    @property
    def every(self) -> timedelta:
        """The pause between two turns."""
        ...

    @property
    def act(self) -> Callable[[], object]:
        """The act."""
        ...

    @property
    def when(self) -> Callable[[], bool]:
        """Whether it may act now."""
        ...


class ControlParts(Protocol):
    """What the control process of a node keeps going."""

    @property
    def register(self) -> Register:
        """The fleet's register of nodes."""
        ...

    @property
    def instance(self) -> InstanceName:
        """The name of this node in the fleet."""
        ...

    @property
    def pools(self) -> Sequence[str]:
        """The pools this node runs."""
        ...

    @property
    def roles(self) -> Sequence[str]:
        """`control` when this node may lead."""
        ...

    @property
    def home(self) -> str:
        """What tells this node from another of its name."""
        ...

    def measure(self, longest_beat: timedelta) -> Sequence[Part]:
        """Return the parts of this node's health score."""
        ...

    @property
    def record(self) -> Path:
        """The file that remembers the membership."""
        ...

    @property
    def running(self) -> Sequence[Loop]:
        """Loops that run by themselves."""
        ...

    @property
    def repeated(self) -> Sequence[Repeated]:
        """Acts that want a rhythm."""
        ...
