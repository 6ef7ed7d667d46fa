"""The loops of a node's control process: each runs by itself, or repeats one act, until all are told to stop."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from grace_workers.foundation.errors import ConflictError, GraceError, TransientError
from grace_workers.node.exit_codes import FENCED, NAME_TAKEN
from grace_workers.orchestration.job import FencedError

_LAST_WORDS = 2.5
_LOOK = 0.5

log = structlog.get_logger()


class Loop(Protocol):
    """One of the loops of the control process."""

    @property
    def name(self) -> str:
        """Its name in the log."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; an exception ends the process, which is then restarted."""
        ...


@dataclass(frozen=True, slots=True)
class Running:
    """A loop with its own interval."""

    name: str
    run: Callable[[threading.Event], None]


class Repeating:
    """Does one thing at an interval while `when` allows.

    If something is unreachable, or was just changed by another process, it is retried at the next turn. So is an
    act that fails on its data, with an error in the log, because one damaged row must not stop the work on all
    others.
    """

    def __init__(
        self, name: str, act: Callable[[], object], *, every: timedelta, when: Callable[[], bool] = lambda: True
    ) -> None:
        self.name = name
        self._act = act
        self._every = every.total_seconds()
        self._when = when

    def run(self, stop: threading.Event) -> None:
        """Repeat until `stop` is set."""
        while not stop.is_set():
            if self._when():
                self._turn()
            stop.wait(self._every)

    def _turn(self) -> None:
        try:
            self._act()
        except (TransientError, ConflictError) as error:
            log.warning("loop_waits", loop=self.name, error=str(error))
        except GraceError as error:
            log.error("loop_failed", loop=self.name, error=str(error))  # noqa: TRY400 - the sentence is the whole story


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> int:
    """Run all loops until `stop` is set, and return the exit code. The first that ends early stops the others.

    0: stopped. `FENCED`: the fleet declared this node dead. `NAME_TAKEN`: another one has its name. 1: a loop
    failed.
    """
    codes: list[int] = []

    def keep(loop: Loop) -> None:
        code = 1
        try:
            loop.run(stop)
        except FencedError as error:
            code = FENCED
            log.error("node_fenced", loop=loop.name, error=str(error))  # noqa: TRY400 - the sentence is the whole story
        except ConflictError as error:
            code = NAME_TAKEN
            log.error("node_refused", loop=loop.name, error=str(error))  # noqa: TRY400 - the sentence is the whole story
        finally:
            # Also reached on any other error, which the thread's own hook then shows.
            if not stop.is_set():
                codes.append(code)
                stop.set()

    threads = [threading.Thread(target=keep, args=(loop,), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    # A signal that the kernel delivers to another thread does not wake this one, and only this one handles it.
    while not stop.wait(_LOOK):
        pass
    for thread in threads:
        thread.join(_LAST_WORDS / len(threads))
    return codes[0] if codes else 0
