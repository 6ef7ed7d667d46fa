"""What a child's processes did with their time: they waited for a processor or a disk, they worked, or they were idle.

Only idle time counts against a silent child: it had a processor and did not use it. If it waits, or we do, the machine
is slow and not the child.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_NANOSECONDS = 1e9
_RUNNABLE, _AT_A_DISK = "R", "D"
# From this share of a step on, it counts as working; a server's own maintenance takes less.
_WORKING = 0.2


@dataclass(frozen=True, slots=True)
class Spent:
    """How a span was spent, in seconds; what is missing in the sum was spent waiting."""

    idle: float
    busy: float


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread at one moment: its total seconds of running, and of being ready to run without a processor."""

    ran: float
    queued: float
    state: str


class Exertion:
    """Watches one process and all its descendants. The first look after a `forget` only takes the baseline."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before: Mapping[str, Thread] | None = None
        self._own_before: Mapping[str, Thread] = {}

    def spent(self, step: float) -> Spent:
        """Return how the `step` seconds since the last look were spent."""
        family = {key: one for pid in _family(self._pid) for key, one in threads_of(pid).items()}
        own = threads_of(os.getpid())
        before, own_before = self._before, self._own_before
        self._before, self._own_before = family, own
        return Spent(idle=0.0, busy=0.0) if before is None else judged(step, before, family, (own_before, own))

    def forget(self) -> None:
        """Start over, because there is nothing to doubt."""
        self._before = None


def judged(
    step: float,
    before: Mapping[str, Thread],
    after: Mapping[str, Thread],
    own: tuple[Mapping[str, Thread], Mapping[str, Thread]] = ({}, {}),
) -> Spent:
    """Return how `step` seconds were spent between two looks at the threads of a child, and at our own.

    A thread that is ready to run at both looks, and neither ran nor is recorded as waiting, is still waiting.
    """
    if any(one.state == _AT_A_DISK or _is_stuck(before.get(key), one) for key, one in after.items()):
        return Spent(idle=0.0, busy=0.0)
    waited = min(step, max(_most_queued(before, after), _most_queued(*own)))
    rest = step - waited
    ran = sum(one.ran - before.get(key, _UNBORN).ran for key, one in after.items())
    return Spent(idle=0.0, busy=rest) if ran >= _WORKING * rest else Spent(idle=rest, busy=0.0)


def threads_of(pid: int) -> Mapping[str, Thread]:
    """Return the threads of a process by `pid/thread`; empty when it is gone."""
    return {f"{pid}/{entry.name}": one for entry in _tasks(pid) if (one := _thread(entry)) is not None}


_UNBORN = Thread(ran=0.0, queued=0.0, state="")


def _is_stuck(before: Thread | None, now: Thread) -> bool:
    return now.state == _RUNNABLE and before is not None and (before.ran, before.queued) == (now.ran, now.queued)


def _most_queued(before: Mapping[str, Thread], after: Mapping[str, Thread]) -> float:
    return max((one.queued - before.get(key, _UNBORN).queued for key, one in after.items()), default=0.0)


def _family(pid: int) -> Iterator[int]:
    """Yield the process and its descendants; a server's sessions are separate processes."""
    yield pid
    for entry in _tasks(pid):
        try:
            children = (entry / "children").read_text(encoding="ascii").split()
        except OSError:
            # The thread has ended meanwhile, or this kernel does not report it.
            continue
        for child in children:
            yield from _family(int(child))


def _tasks(pid: int) -> list[Path]:
    try:
        return list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _thread(entry: Path) -> Thread | None:
    try:
        ran, queued, _ = (entry / "schedstat").read_text(encoding="ascii").split()
        # The name before it may contain spaces and brackets.
        state = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0].decode("ascii")
    except OSError:
        return None
    return Thread(ran=int(ran) / _NANOSECONDS, queued=int(queued) / _NANOSECONDS, state=state)
