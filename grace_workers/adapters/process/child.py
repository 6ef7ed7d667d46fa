"""A supervised child process as data: how to start it, how to tell that it is ready, how to stop it."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from grace_workers.adapters.process.spawn import Command
from grace_workers.fleet import RestartPolicy, WatchdogTimeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep:
    """One signal and the seconds to wait for the end after it."""

    signal: signal.Signals
    seconds: float


POLITE = (StopStep(signal=signal.SIGTERM, seconds=5.0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One child of a supervisor.

    `command` is called before every start, so it may first repair what a crash left. `ready` is a real self-test;
    one that raises TimeoutError had no answer within two seconds, which is not the same as a no. The child starts
    while all of `needs` are ready, and stops before they do.

    After the last step of `stop` comes SIGKILL for the whole process group. `fells` names the children that are
    killed when this one ends with that exit code, before it restarts.

    `settle` is called after each end until it passes, before the child restarts; it may raise TransientError.
    `excuse` is asked after a failed self-test and names another cause, such as an unreachable database: the child
    is then left alone. One with `pulse` sends a pulse into the pipe that it finds in GRACE_PULSE.
    """

    name: str
    command: Callable[[], Command]
    ready: Callable[[], bool]
    needs: Sequence[str] = ()
    stop: Sequence[StopStep] = POLITE
    fells: Mapping[int, Sequence[str]] = field(default_factory=dict)
    settle: Callable[[], None] = lambda: None
    excuse: Callable[[], str | None] = lambda: None
    pulse: bool = False
    timeouts: WatchdogTimeouts = field(default_factory=WatchdogTimeouts)
    restart: RestartPolicy = field(default_factory=RestartPolicy)
