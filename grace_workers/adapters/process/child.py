"""A supervised child process as data: how to start it, how to see that it is ready, how to stop it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from grace_workers.adapters.process.spawn import Command


class ChildState(StrEnum):
    """waiting -> starting -> ready <-> unready; after an exit backing_off -> starting; at the end stopped."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    BACKING_OFF = "backing_off"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep:
    """One signal and the seconds to wait for the end after it."""

    signal: signal.Signals
    seconds: float


POLITE = (StopStep(signal=signal.SIGTERM, seconds=5.0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One child of a supervisor.

    `command` is called before every start, so it may first mend what a crash left. `ready` is a real self-test that
    answers within two seconds. The child starts once all of `needs` are ready, and stops before they do.
    After the last step of `stop` comes SIGKILL for the whole process group. `fells` names the children that are killed
    when this one ends with that exit code, before it starts anew.
    """

    name: str
    command: Callable[[], Command]
    ready: Callable[[], bool]
    needs: Sequence[str] = ()
    stop: Sequence[StopStep] = POLITE
    fells: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildStatus:
    """How one child is doing. `took` is seconds from its last start to ready; `trouble` its last failure."""

    name: str
    state: ChildState
    pid: int | None
    restarts: int
    took: float | None
    trouble: str | None
