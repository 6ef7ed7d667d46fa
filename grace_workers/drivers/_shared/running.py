"""The processes of this machine as `RunningProcesses`, and what the kernel says of each."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import psutil

from grace_workers.actions import ProcessUse, RunningProcesses

_LONGEST_NAME = 15
_ENDED = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


class LiveProcesses(RunningProcesses):
    """The processes that `find` returns; None returns all processes of the machine."""

    def __init__(self, find: Callable[[], Iterable[int]] | None = None) -> None:
        self._find = find

    def count(self) -> int:
        return len(self._live())

    def largest(self, limit: int) -> Sequence[ProcessUse]:
        sized = sorted(self._live(), key=lambda one: (-one[1], one[0].pid))[: max(limit, 0)]
        # A process may have ended since it was counted.
        return [use for use in (_use(process) for process, _ in sized) if use is not None]

    def _live(self) -> Sequence[tuple[psutil.Process, int]]:
        found = psutil.pids() if self._find is None else self._find()
        return [(process, memory) for process, memory in map(_sized, found) if process is not None]


def with_descendants(pids: Iterable[int]) -> set[int]:
    """Return these pids and those of everything that the processes started and that still descends from them."""
    found = set(pids)
    for pid in tuple(found):
        try:
            found.update(one.pid for one in psutil.Process(pid).children(recursive=True))
        except psutil.NoSuchProcess:
            continue
    return found


def _sized(pid: int) -> tuple[psutil.Process | None, int]:
    try:
        process = psutil.Process(pid)
        return (None, 0) if process.status() in _ENDED else (process, process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None, 0


def _use(process: psutil.Process) -> ProcessUse | None:
    try:
        with process.oneshot():
            age = max(time.time() - process.create_time(), 0.0)
            times = process.cpu_times()
            sockets, listening = _sockets(process)
            return ProcessUse(
                pid=process.pid,
                # psutil takes a longer name from the arguments, which may hold more than the name.
                name=process.name()[:_LONGEST_NAME],
                user=process.username(),
                age=timedelta(seconds=age),
                memory=process.memory_info().rss,
                processor=(times.user + times.system) / max(age, 0.01),
                threads=process.num_threads(),
                open_files=_told(process.num_fds),
                open_file_limit=_told(lambda: process.rlimit(psutil.RLIMIT_NOFILE)[0]),
                sockets=sockets,
                listening=listening,
            )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def _sockets(process: psutil.Process) -> tuple[dict[str, int] | None, Sequence[int]]:
    try:
        found = process.net_connections(kind="inet")
    except psutil.AccessDenied:
        return None, ()
    listening = {one.laddr.port for one in found if one.status == psutil.CONN_LISTEN and one.laddr}
    return dict(Counter(_state(one.status) for one in found)), sorted(listening)


def _state(status: str) -> str:
    # The kernel gives a UDP socket no state.
    return "udp" if status == psutil.CONN_NONE else status.lower()


def _told(ask: Callable[[], int]) -> int | None:
    try:
        return ask()
    except psutil.AccessDenied:
        return None
