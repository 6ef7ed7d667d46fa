"""A process that has imported the command line and forks for each command, because importing is most of what one costs.

`python -m tests.acceptance.ready_command CHANNEL` serves the Unix socket with that descriptor until its other end is
closed. A request is one packet: words, folder and environment as JSON, with the descriptors for the command's output,
for its errors, and of a pipe. The pipe gets the command's process id, and its exit status once it has ended, a line
each. What differs from `python -m grace_workers` is only that the modules are there already.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
LARGEST = 1 << 17
_AT_START = ("LANG", "LC_", "LD_", "MALLOC_", "PYTHON", "TZ")


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], within: float
) -> "subprocess.CompletedProcess[str]":
    """Run `grace` with these words. Raises TimeoutExpired, after it has killed the command."""
    if _heeded_at_start(environment) != _heeded_at_start({**os.environ, "PYTHONPATH": str(ROOT)}):
        command = [sys.executable, "-m", "grace_workers", *words]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=within, check=False
        )
    reading, writing = os.pipe()
    request = json.dumps({"words": words, "folder": str(folder), "environment": dict(environment)}).encode()
    with (
        os.fdopen(os.memfd_create("output"), "w+", encoding="utf-8") as output,
        os.fdopen(os.memfd_create("errors"), "w+", encoding="utf-8") as errors,
        os.fdopen(reading, "rb", buffering=0) as news,
    ):
        try:
            socket.send_fds(_server(), [request], [output.fileno(), errors.fileno(), writing])
        finally:
            os.close(writing)
        status = _status(news, words, within)
        return subprocess.CompletedProcess(["grace", *words], status, _all(output), _all(errors))


def _heeded_at_start(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return what only a new program heeds, and no forked one."""
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


def _status(news: Any, words: Sequence[str], within: float) -> int:
    process = int(news.readline())
    heard = select.poll()
    heard.register(news, select.POLLIN | select.POLLHUP)
    if heard.poll(within * 1000):
        return int(news.readline())
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    raise subprocess.TimeoutExpired(["grace", *words], within)


def _all(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait(20)

    atexit.register(end)
    return ours


def _serve(channel: socket.socket) -> dict[str, Any] | None:
    """Fork for each request; return it in the new process, and None in the server when it is to end."""
    while True:
        packet, descriptors, _, _ = socket.recv_fds(channel, LARGEST, 3)
        if not packet:
            return None
        waiter = os.fork()
        if waiter == 0:
            channel.close()
            if _is_command(descriptors[-1]):
                os.dup2(descriptors[0], 1)
                os.dup2(descriptors[1], 2)
                for one in descriptors:
                    os.close(one)
                request: dict[str, Any] = json.loads(packet)
                return request
        for one in descriptors:
            os.close(one)


def _is_command(pipe: int) -> bool:
    """Fork the command; in the process that forks it, tell how it ends, and exit."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    command = os.fork()
    if command == 0:
        return True
    os.write(pipe, f"{command}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    os.write(pipe, f"{status}\n".encode())
    os._exit(0)


def main(channel: int) -> None:
    """Import what commands import, and serve."""
    from grace_workers.entrypoints.cli.program import COMMANDS

    for module, _, _ in COMMANDS.values():
        import_module(module)
    import_module("httpx")
    gc.collect()
    gc.freeze()
    # Those that forked for a command are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    request = _serve(socket.socket(fileno=channel))
    if request is None:
        return
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[0] = request["folder"]
    sys.argv = ["grace", *request["words"]]
    runpy.run_module("grace_workers", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
