"""What a node is made of, as seen from here; bootstrap hands in the real parts."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from grace_workers.fleet import Instance
from grace_workers.foundation.ids import InstanceName


class Status(Protocol):
    """How one child process is doing."""

    @property
    def name(self) -> str:
        """The child."""
        ...

    @property
    def state(self) -> str:
        """waiting, starting, ready, unready, backing_off or stopped."""
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
    def took(self) -> float | None:
        """Seconds from its last start to ready."""
        ...

    @property
    def trouble(self) -> str | None:
        """Its last failure."""
        ...


class Supervision(Protocol):
    """A group of child processes that is kept running."""

    @property
    def states(self) -> Mapping[str, Status]:
        """How each child is doing."""
        ...

    def start(self) -> None:
        """Start all."""
        ...

    def wait_ready(self, *, within: float) -> None:
        """Wait until all have been ready once. Raises PermanentError or TransientError with one sentence."""
        ...

    def stop(self) -> None:
        """Stop all, and return when all have ended."""
        ...

    def hurry(self) -> None:
        """Cut a running stop short."""
        ...


C = TypeVar("C")


class NodeParts(Protocol[C]):
    """Everything a node needs; `C` is the kind of child that `supervise` understands."""

    @property
    def data_dir(self) -> Path:
        """Where the node keeps its things."""
        ...

    @property
    def servers(self) -> Sequence[C]:
        """The embedded servers, or none when others are given by URL."""
        ...

    @property
    def ports(self) -> Sequence[tuple[str, int, str]]:
        """Host, port and the setting that changes it, for each port the node will listen on."""
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

    def children(self, environment: Mapping[str, str]) -> Sequence[C]:
        """Return the processes of this node."""
        ...

    def supervise(self, children: Sequence[C], report: Callable[[Status], None]) -> Supervision:
        """Return a supervisor for them."""
        ...

    def can_listen(self, host: str, port: int) -> bool:
        """Whether that port is free."""
        ...


class Register(Protocol):
    """The fleet's register of nodes."""

    def register(self, name: InstanceName, *, pools: Sequence[str], roles: Sequence[str] = ()) -> Instance:
        """Enter a node under the next epoch of its name; what an earlier epoch left running goes back."""
        ...

    def heartbeat(self, instance: Instance) -> Instance:
        """Give a sign of life. Raises FencedError when the node was declared dead or replaced."""
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
