"""A server's folder: one owner at a time, a remembered port and password, and no leftover process in it."""

import fcntl
import json
import os
import random
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psutil

from grace_workers.foundation.errors import ConflictError, InputError, TransientError
from grace_workers.foundation.live_processes import live_processes
from grace_workers.foundation.own_file import PRIVATE_FOLDER, objection, read_own, write_own

LOOPBACK = "127.0.0.1"
_GRACE = 3.0
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST, _HIGHEST = 15_000, 32_000


class ServerFolder:
    """The folder of one embedded server. Hold it while the server runs."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder.absolute()
        self._what = what
        self._lock: int | None = None

    def hold(self) -> None:
        """Create the folder if necessary and lock it against other owners. Holding it twice does nothing more.

        Raises:
            InputError: the folder cannot be made or written, or others may change what is in it.
            ConflictError: another live process holds it.
        """
        if self._lock is not None:
            return
        try:
            _make_way(self.folder)
            self._close_to_others()
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(
                f"cannot use {self.folder} for {self._what}: {error.strerror}; correct its owner or choose "
                f"another data directory"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ConflictError(
                f"{self.folder} is in use by another node; stop that node or choose another data directory"
            ) from None
        self._lock = descriptor

    def release(self) -> None:
        """Release the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def endpoint(self) -> tuple[int, str]:
        """Return the remembered port, or a free one when it is taken or none is remembered, and the password."""
        known = self._read()
        port = known.get("port")
        if not isinstance(port, int) or not _is_free(port):
            port = free_port()
        password = known.get("password")
        if not isinstance(password, str):
            password = secrets.token_urlsafe(24)
        self._write({"port": port, "password": password})
        return port, password

    def evict(
        self, program: str, working_in: Path, *, may_ask: Callable[[psutil.Process], bool] = lambda _: True
    ) -> None:
        """End every `program` that an earlier owner left running in that folder. Only for the holder.

        Those that it `may_ask` are asked to end (SIGINT); the others are killed.

        Raises:
            TransientError: one of them still runs after it was killed.
        """
        asked = [process for process in _leftover(program, working_in) if may_ask(process)]
        for process in asked:
            _send(process, signal.SIGINT)
        psutil.wait_procs(asked, timeout=_GRACE)
        stubborn = _leftover(program, working_in)
        for process in stubborn:
            _send(process, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=_GRACE)
        if still := _leftover(program, working_in):
            pids = ", ".join(str(process.pid) for process in still)
            raise TransientError(f"{program} of an earlier start still runs in {working_in} (pid {pids}); end it")

    def _close_to_others(self) -> None:
        found = self.folder.stat()
        if objection(found) is not None and found.st_uid == os.geteuid() and not any(self.folder.iterdir()):
            self.folder.chmod(PRIVATE_FOLDER)
            found = self.folder.stat()
        if (why := objection(found)) is not None:
            raise InputError(
                f"{self.folder} {why}, who could have put anything into it; inspect it, make it your own and "
                f"set mode 0700, or choose another data directory"
            )

    def _read(self) -> dict[str, object]:
        try:
            known = json.loads(read_own(self.folder / "endpoint.json"))
        except (FileNotFoundError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write(self, endpoint: dict[str, object]) -> None:
        write_own(self.folder / "endpoint.json", json.dumps(endpoint), durable=True)


def _make_way(folder: Path) -> None:
    """Make a folder and its parents. A server that root starts as another user must be able to pass through."""
    mode = 0o711 if os.geteuid() == 0 else PRIVATE_FOLDER
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        one.chmod(mode)


def _leftover(program: str, folder: Path) -> list[psutil.Process]:
    found = []
    for process in live_processes():
        try:
            if process.name() == program and Path(f"/proc/{process.pid}/cwd").samefile(folder):
                found.append(process)
        except (OSError, psutil.Error):  # ended meanwhile, or another user's
            continue
    return found


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a free loopback port, outside the range from which the kernel picks ports for outgoing connections.

    Inside that range a client that keeps connecting to a stopped server would eventually take the server's own
    port.
    """
    lowest = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else _HIGHEST
    candidates = range(_LOWEST, max(min(lowest, _HIGHEST), _LOWEST + 1000))
    return next(port for port in random.sample(candidates, len(candidates)) if _is_free(port))
