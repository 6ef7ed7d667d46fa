"""Running many pieces of work, each in its own fork, a few at a time, and ending those that hang."""

import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

_MEBIBYTE = 1 << 20
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Gone:
    """How a fork ended: its answer, and the signal that ended it, if one did."""

    said: bytes
    signal: int


@dataclass(frozen=True)
class _Running:
    number: int
    pid: int
    deadline: float
    said: list[bytes]


Piece = Callable[[Callable[[bytes], object]], None]
"""A piece of work. What it passes to its argument is kept, even when it is killed before its end."""


def run(
    work: Sequence[Piece], *, at_once: int, seconds: float, memory: int, renewed: bool = False
) -> Iterator[tuple[int, Gone]]:
    """Run every piece in its own fork; yield its number and its end as they end.

    `seconds` of wall time end a fork that hangs, counted anew after each word that it says if `renewed`; `memory`
    limits what it may use beyond its start, in bytes.
    """
    ceiling = _virtual_size() + memory
    running: dict[int, _Running] = {}
    poll = select.poll()
    waiting = iter(enumerate(work))
    more = True
    while more or running:
        while more and len(running) < at_once:
            number, piece = next(waiting, (-1, None))
            if piece is None:
                more = False
                break
            reader, pid = _fork(piece, ceiling)
            running[reader] = _Running(number, pid, time.monotonic() + seconds, [])
            poll.register(reader, select.POLLIN | select.POLLHUP)
        if running:
            yield from _gather(running, poll, seconds if renewed else None)


def _gather(running: dict[int, _Running], poll: select.poll, renewal: float | None) -> Iterator[tuple[int, Gone]]:
    soonest = min(one.deadline for one in running.values())
    for reader, _ in poll.poll(max(0.0, soonest - time.monotonic()) * 1000 + 1):
        said = os.read(reader, 1 << 16)
        if said:
            running[reader].said.append(said)
            if renewal is not None:
                running[reader] = replace(running[reader], deadline=time.monotonic() + renewal)
        else:
            yield _end(reader, running, poll)
    now = time.monotonic()
    for reader in [reader for reader, one in running.items() if one.deadline <= now]:
        os.kill(running[reader].pid, signal.SIGKILL)
        yield _end(reader, running, poll)


def _end(reader: int, running: dict[int, _Running], poll: select.poll) -> tuple[int, Gone]:
    poll.unregister(reader)
    os.close(reader)
    one = running.pop(reader)
    _, status = os.waitpid(one.pid, 0)
    return one.number, Gone(b"".join(one.said), os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def _fork(piece: Piece, ceiling: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return reader, pid
    try:
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        piece(partial(os.write, writer))
    finally:
        os._exit(0)


def _virtual_size() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - one read of one line
        return int(file.read().split()[0]) * _PAGE
