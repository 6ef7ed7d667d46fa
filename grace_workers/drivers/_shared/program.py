"""Running a program to its end: no shell, a deadline, bounded output, and nothing left behind."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from grace_workers.actions import go_on
from grace_workers.foundation.errors import PermanentError, TransientError

LARGEST = 1 << 20
"""The most bytes that are kept of each of the two outputs; a program that writes more is ended."""

_CHUNK = 1 << 16
_POLL = 0.05
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended: its exit code, negative for a signal, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """The last line that it wrote, on standard error if there is one, cut to a sentence's length."""
        lines = [line for line in (self.err.strip() or self.out.strip()).splitlines() if line.strip()]
        return (lines[-1] if lines else f"exit code {self.code}")[:300]


def run(
    command: Sequence[str],
    *,
    patience: timedelta,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    most: int = LARGEST,
) -> Ran:
    """Run the command and return how it ended, whatever its exit code.

    It gets a process group of its own, which is killed at the deadline, an empty standard input, and no variable of our
    environment but what `env` says, because ours may hold secrets.

    Raises:
        PermanentError: it cannot be run, or writes more than `most` bytes.
        TransientError: it does not end in time.
        HaltedError: people stopped everything meanwhile, and it was killed.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the caller builds the command of declared options
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={"PATH": _PATH, "LC_ALL": "C.UTF-8", **(env or {})},
            start_new_session=True,
        )
    except OSError as error:
        raise PermanentError(f"cannot run {command[0]!r}: {error.strerror}") from error
    try:
        out, err = _outputs(process, command[0], time.monotonic() + patience.total_seconds(), most)
    finally:
        _end(process)
    return Ran(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def _outputs(process: subprocess.Popen[bytes], name: str, deadline: float, most: int) -> tuple[bytes, bytes]:
    streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    kept = [bytearray() for _ in streams]
    with selectors.DefaultSelector() as waiting:
        for stream, buffer in zip(streams, kept, strict=True):
            waiting.register(stream, selectors.EVENT_READ, buffer)
        while waiting.get_map():
            ready = waiting.select(_POLL)
            # A child that it left behind may hold the pipe open; what the program itself wrote is there by now.
            if not ready and process.poll() is not None:
                break
            for key, _ in ready:
                _take(key, waiting, name, most)
            go_on()
            if time.monotonic() > deadline:
                raise TransientError(f"{name!r} did not end in time and was killed")
    while process.poll() is None:
        go_on()
        if time.monotonic() > deadline:
            raise TransientError(f"{name!r} did not end in time and was killed")
        time.sleep(_POLL / 5)
    out, err = kept
    return bytes(out), bytes(err)


def _take(key: selectors.SelectorKey, waiting: selectors.BaseSelector, name: str, most: int) -> None:
    chunk = os.read(key.fd, _CHUNK)
    if not chunk:
        waiting.unregister(key.fileobj)
        return
    key.data.extend(chunk)
    if len(key.data) > most:
        raise PermanentError(f"{name!r} wrote more than {most} bytes and was killed")


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
