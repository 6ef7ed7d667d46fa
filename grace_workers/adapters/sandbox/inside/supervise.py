"""Watching a confined program until it ends, passing its output on, and ending everything that it started."""

from __future__ import annotations

import os
import resource
import select
import time

from . import confine, kernel
from .disk import Growth
from .request import ENDED, KILL, LaunchRequest, tell
from .stream import CountedStream
from .tree import Tree, cpu_and_threads, memory

_LOOK = 25
# Milliseconds between two looks at what the program uses.
_LONGEST_DRAIN = 30.0
_HIDDEN_FOLDERS = 8


class Supervised:
    """One program, from its fork to its last descendant's end."""

    def __init__(self, request: LaunchRequest, control: int, threads_before: int) -> None:
        self._request = request
        self._control = control
        self._tree = Tree()
        disk = request.limit("disk")
        self._growth = Growth(request.watch, unseen=disk // _HIDDEN_FOLDERS)
        self._streams = [CountedStream(1), CountedStream(2)]
        self._peak = 0
        self._cpu = 0.0
        self._began = time.monotonic()
        self._main = self._fork(threads_before)

    def run(self) -> None:
        """Watch until the end, tell the host how it ended, and pass on the remaining output."""
        try:
            limit = self._watch()
            status = self._end_main()
        finally:
            self._tree.end()
        tell(self._control, ENDED, *self._report(status, limit))
        self._drain()

    def _fork(self, threads_before: int) -> int:
        """Fork the program. Raises OSError with the reason when it does not reach its own first instruction."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            reason = "it failed before it began"
            try:
                confine.become(self._request, self._streams[0].given, self._streams[1].given, threads_before)
            except (OSError, KeyError, ValueError) as error:
                reason = f"{type(error).__name__}: {error}"
            finally:
                # A fork may not run the parent's code.
                os.write(writing, reason.encode())
                os._exit(126)
        os.close(writing)
        for stream in self._streams:
            stream.begin()
        os.close(0)
        trouble = os.read(reading, 4096)
        os.close(reading)
        if trouble:
            os.waitpid(child, 0)
            raise OSError(trouble.decode())
        return child

    def _watch(self) -> str | None:
        """Return the limit that was exceeded, None when the program ended itself or the host ends it."""
        next_look = time.monotonic() + _LOOK / 1000
        while True:
            if self._host_wants_the_end(next_look):
                return None
            if os.waitid(os.P_PID, self._main, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return self._own_limit()
            if sum(stream.passed for stream in self._streams) > self._request.limit("output"):
                return "output"
            if time.monotonic() >= next_look:
                if passed := self._passed_limit():
                    return passed
                next_look = time.monotonic() + _LOOK / 1000

    def _host_wants_the_end(self, until: float) -> bool:
        """Pass output on until something happens or it is time; return whether the host says kill, or has gone."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        ended = os.pidfd_open(self._main)
        try:
            poll.register(ended, select.POLLIN)
            for stream in self._streams:
                stream.watch(poll)
            events = dict(poll.poll(max(0.0, (until - time.monotonic()) * 1000)))
        finally:
            os.close(ended)
        for stream in self._streams:
            stream.move()
        return self._control in events and os.read(self._control, 1) in {b"", KILL}

    def _passed_limit(self) -> str | None:
        limits = self._request.limits
        members = self._tree.members()
        alive, threads = cpu_and_threads(members)
        self._cpu = max(self._cpu, alive + _reaped_cpu())
        used = memory(members, self._request.limit("memory"))
        self._peak = max(self._peak, used)
        passed = {
            "memory": used > limits["memory"],
            "processes": threads > limits["processes"],
            "cpu": self._cpu > limits["cpu"],
            "disk": self._growth.bytes() > limits["disk"],
            "wall": time.monotonic() - self._began > limits["wall"],
        }
        return next((name for name, is_passed in passed.items() if is_passed), None)

    def _own_limit(self) -> str | None:
        """Return the limit for which the kernel itself ended the program."""
        ended = os.waitid(os.P_PID, self._main, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None or ended.si_code == os.CLD_EXITED:
            return None
        return {kernel.SIGXFSZ: "file_size", kernel.SIGXCPU: "cpu"}.get(ended.si_status)

    def _end_main(self) -> int:
        """End the program itself, and return its status."""
        if os.waitid(os.P_PID, self._main, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self._main, kernel.SIGKILL)
        _, status = os.waitpid(self._main, 0)
        return status

    def _report(self, status: int, limit: str | None) -> tuple[object, ...]:
        """Return exit code, signal, limit, CPU seconds, bytes of memory and seconds."""
        code = os.waitstatus_to_exitcode(status)
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        return (
            code if code >= 0 else None,
            -code if code < 0 else None,
            limit,
            max(self._cpu, _reaped_cpu()),
            max(self._peak, largest),
            time.monotonic() - self._began,
        )

    def _drain(self) -> None:
        """Pass on what is still in the pipes, for as long as the host reads."""
        until = time.monotonic() + _LONGEST_DRAIN
        while any(stream.open for stream in self._streams) and time.monotonic() < until:
            poll = select.poll()
            poll.register(self._control, select.POLLIN)
            for stream in self._streams:
                stream.watch(poll)
            if self._control in dict(poll.poll(1000)):
                return
            for stream in self._streams:
                stream.move()


def _reaped_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def prepare() -> None:
    """Make this process the parent of orphans, and one that the program cannot inspect."""
    kernel.adopt_orphans()
    kernel.hide_memory()
