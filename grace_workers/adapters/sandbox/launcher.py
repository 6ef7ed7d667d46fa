"""The launcher's process and the socket over which it gets its request and reports the end."""

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from grace_workers.adapters.sandbox.inside.request import KILL

# Nothing of the caller's, so that no secret reaches what starts the program.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_END_WITHIN = 10.0
_PIECE = 65536
Message = list[str]


class Launcher:
    """One launcher. When its socket closes, for whatever reason, it ends its program and itself."""

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        """Start the `command` for the descriptor of its socket. Raises OSError when there is no such program."""
        self._control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - confining it is what this is for
                command(theirs.fileno()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        self._hearing = threading.Lock()
        self._heard = b""

    def pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """Return its standard input, output and error."""
        process = self.process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("the launcher was started without pipes")
        return process.stdin, process.stdout, process.stderr

    def tell(self, content: bytes) -> None:
        """Send it something. Raises BrokenPipeError when it has ended."""
        self._control.sendall(content)

    def hear(self, within: float) -> Message | None:
        """Return its next message as words, None when none comes in time. Raises EOFError when it has ended."""
        until = time.monotonic() + within
        with self._hearing:
            while b"\n" not in self._heard:
                if not self._readable(until):
                    return None
                try:
                    part = self._control.recv(_PIECE)
                except ConnectionResetError as error:
                    raise EOFError from error
                if not part:
                    raise EOFError
                self._heard += part
            line, _, self._heard = self._heard.partition(b"\n")
        return line.decode(errors="replace").split("\t")

    def ask_for_the_end(self) -> None:
        """Have it end its program and report that."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(KILL)

    def end(self) -> None:
        """End it, its program and everything that the program started; does nothing if they have ended."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self.process.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def close(self) -> None:
        """Forget its socket."""
        self._control.close()

    def has_ended(self, within: float) -> bool:
        """Return whether its process ends in time."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(within)
            return True
        return False

    def _readable(self, until: float) -> bool:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000))
