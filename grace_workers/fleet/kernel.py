"""The kernel: a supervised part of a node, its place in the boot, and the possible answers of its self-test."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Protocol

from grace_workers.fleet.probe import Probe
from grace_workers.foundation.catalog import CatalogError, Reference

ASKED_EVERY = timedelta(seconds=1.2)
"""How often to ask a kernel that can go silent by itself; with the looks around it, silence is noticed in 3 s."""


class Tier(IntEnum):
    """The rank of a kernel, which decides the boot phase that starts it."""

    FOUNDATION = 1
    KNOWLEDGE = 2
    AGENTS = 3
    AUTONOMY = 4


@dataclass(frozen=True, slots=True)
class Ready:
    """The self-test passed; `seen` says what it saw."""

    seen: str


@dataclass(frozen=True, slots=True)
class Limited:
    """Everything that exists today passed; `lacks` names what is not installed, so that no one assumes it is there."""

    seen: str
    lacks: str


@dataclass(frozen=True, slots=True)
class Unready:
    """The self-test failed; `why` is one sentence. `late` if it got no answer in time."""

    why: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """There is nothing to test on this node: the part is not installed here, or another node runs it."""

    why: str


Readiness = Ready | Limited | Unready | Absent


class KernelState(StrEnum):
    """waiting -> starting -> ready or limited <-> unready; failed waits for its restart; paused: by people or load."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    LIMITED = "limited"
    UNREADY = "unready"
    FAILED = "failed"
    PAUSED = "paused"
    ABSENT = "absent"

    @property
    def serves(self) -> bool:
        """Whether kernels that need this one may work."""
        return self in {KernelState.READY, KernelState.LIMITED, KernelState.ABSENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How a failing kernel is restarted: the wait doubles from `first` to `longest`.

    After `escalate_after` failures in a row, or `often` within `within`, it becomes an incident of the fleet.
    """

    first: timedelta = timedelta(milliseconds=100)
    longest: timedelta = timedelta(seconds=10)
    escalate_after: int = 3
    often: int = 5
    within: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One supervised part of a node.

    A `critical` kernel that cannot start rolls the boot back; any other leaves the node degraded and is retried.
    `process` is the child process that is the kernel; None when it lives inside other processes. `host` is then the
    process to restart in order to restart the kernel; None when it lives in all. `every` is how often a running
    node asks for its readiness while it serves; longer if little changes by itself. `may_pause` marks what can be
    paused to shed load: only a kernel with a process, because pausing any other frees nothing.

    Raises:
        CatalogError: one without a process is marked as pausable, or one with a process has a host.
    """

    name: str
    tier: Tier
    readiness: Callable[[Probe], Readiness]
    needs: tuple[str, ...] = ()
    critical: bool = True
    process: str | None = None
    host: str | None = None
    may_pause: bool = False
    restart: RestartPolicy = RestartPolicy()
    every: timedelta = ASKED_EVERY

    def __post_init__(self) -> None:
        if self.may_pause and self.process is None:
            raise CatalogError(f"kernel {self.name!r} has no process to pause; remove `may_pause`")
        if self.process is not None and self.host is not None:
            raise CatalogError(f"kernel {self.name!r} has a process of its own; remove `host`")

    def references(self) -> Iterator[Reference]:
        """Yield the kernels that it needs."""
        yield from (Reference("kernel", name) for name in self.needs)

    @property
    def restarts_with(self) -> str | None:
        """The process whose restart restarts the kernel, if there is one."""
        return self.process or self.host


class HasNeeds(Protocol):
    """Anything that names what it needs."""

    @property
    def name(self) -> str:
        """Its own name."""

    @property
    def needs(self) -> Sequence[str]:
        """The names of what must be ready before it."""


def waves(kernels: Mapping[str, HasNeeds]) -> Sequence[Sequence[str]]:
    """Return the names in start order; those of one wave may start in parallel.

    Raises:
        CatalogError: a need is unknown, or needs form a cycle.
    """
    for one in kernels.values():
        for need in one.needs:
            if need not in kernels:
                raise CatalogError(f"kernel {one.name!r} needs {need!r}, which does not exist")
    found: list[list[str]] = []
    placed: set[str] = set()
    while len(placed) < len(kernels):
        wave = [name for name, one in kernels.items() if name not in placed and placed.issuperset(one.needs)]
        if not wave:
            raise CatalogError(f"kernels depend on each other in a cycle: {', '.join(sorted(set(kernels) - placed))}")
        found.append(wave)
        placed.update(wave)
    return found
