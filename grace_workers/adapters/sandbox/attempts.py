"""A program that tries what a sandbox must refuse; the self-test runs it, and checks from outside whether it succeeded.

Standard library only, because it runs under `python -I -S`. It prints what it managed to do, as JSON.
"""

import fcntl
import json
import mmap
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_MORE_THAN_ANY = 1_024


def main(outside: str, secret: str, port: int, process: int, folder: str) -> None:
    """Try everything, and print the names of what was possible."""
    tries: dict[str, Callable[[], object]] = {
        "read a file outside": lambda: _read(secret),
        "reached the network of the host": lambda: socket.create_connection(("127.0.0.1", port), 0.2).close(),
        "signalled a process outside": lambda: os.kill(process, signal.SIGURG),
        "used more memory than allowed": lambda: mmap.mmap(-1, 1 << 30).close(),
    }
    needs: dict[str, Callable[[], object]] = {
        "write to its temporary folder": _use_temporary,
        "write to its writable folder": lambda: _write(f"{folder}/made"),
        "start a process and talk to it": _talk_to_child,
    }
    # It may write in a private folder that only looks like the host's; the host checks whether it was its own.
    _works(lambda: _write(outside))
    _leave_daemon(folder)
    done = [name for name, attempt in tries.items() if _works(attempt)]
    lacks = [name for name, need in needs.items() if not _works(need)]
    _tell(done, lacks)
    # The last, because more than a sandbox allows may also be the end of the program.
    if _works(_fork_often):
        _tell(["started more processes than allowed"], [])


def _tell(done: list[str], lacks: list[str]) -> None:
    sys.stdout.write(json.dumps({"done": done, "lacks": lacks}) + "\n")
    sys.stdout.flush()


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, MemoryError, ValueError):
        return False
    return True


def _write(path: str) -> None:
    with Path(path).open("a", encoding="ascii") as file:
        file.write("written from the sandbox")


def _read(path: str) -> None:
    Path(path).read_text(encoding="ascii")


def _use_temporary() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"x")


def _fork_often() -> None:
    children = []
    try:
        for _ in range(_MORE_THAN_ANY):
            child = os.fork()
            if child == 0:
                time.sleep(30)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _talk_to_child() -> None:
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        theirs.sendall(b"here")
        os._exit(0)
    if ours.recv(4) != b"here" or os.waitpid(child, 0)[1] != 0:
        raise ValueError("the child did not answer")


def _leave_daemon(folder: str) -> None:
    """Leave a process behind that holds a lock and has no parent any more."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with Path(folder, "held").open("w", encoding="ascii") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                os.write(writing, b"1")
                time.sleep(60)
        os._exit(0)
    os.wait()
    os.read(reading, 1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
