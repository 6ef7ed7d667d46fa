"""Whether this machine has what a node needs: disk, memory, ports, and a clock that goes forward."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EADDRINUSE
from pathlib import Path

import structlog

from grace_workers.fleet import LEAST_BYTES, MEBIBYTE, Limited, Readiness, Ready, Throttled, throttle
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from grace_workers.node.preflight.servers import CLOCK_DRIFT

log = structlog.get_logger()

LEAST_DISK = 256 * MEBIBYTE
SCARCE_DISK = 2048 * MEBIBYTE
_FIRST_YEAR = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one node needs from its machine. `ports` are host, port and the setting that changes it.

    `wanted` are slots by pool. `free` returns the bytes of memory that the node may take, and `why_not_listen` why
    no server could listen on a host and port now.
    """

    data_dir: Path
    ports: Sequence[tuple[str, int, str]]
    wanted: Mapping[str, int]
    free: Callable[[], int]
    why_not_listen: Callable[[str, int], OSError | None]

    def slots(self) -> Throttled:
        """Return how many slots each pool gets with the memory that is free now."""
        return throttle(self.wanted, self.free())

    def granted(self) -> Mapping[str, int]:
        """Return those slots; log if they are fewer than configured."""
        found = self.slots()
        if found.why is not None:
            log.warning("slots_throttled", why=found.why)
        return found.slots

    def look(self) -> Readiness:
        """Judge the machine. Raises GraceError when the node must not start on it."""
        lacks = [*self._disk(), *self._memory(), *self._clock()]
        self._listening()
        free = shutil.disk_usage(self.data_dir).free // MEBIBYTE
        seen = f"{free} MiB of disk, {self.free() // MEBIBYTE} MiB of memory, {len(self.ports)} ports free"
        return Limited(seen, "; ".join(lacks)) if lacks else Ready(seen)

    def _listening(self) -> None:
        """Raise InputError or ConflictError for a port that this node could not take."""
        taken: dict[int, str] = {}
        for host, port, setting in self.ports:
            if port and (other := taken.setdefault(port, setting)) != setting:
                raise InputError(f"{other} and {setting} both name port {port}; give each its own")
            if not port or (error := self.why_not_listen(host, port)) is None:
                continue
            if error.errno == EADDRINUSE:
                raise ConflictError(f"port {port} on {host} is in use; stop what listens there or set {setting}")
            raise InputError(f"cannot listen on port {port} of {host}: {error.strerror}; change {setting} or its host")

    def _disk(self) -> Iterator[str]:
        folder = self.data_dir
        _write_in(folder)
        free = shutil.disk_usage(folder).free
        if free < LEAST_DISK:
            raise InputError(
                f"{folder} has {free // MEBIBYTE} MiB of disk left; a node needs {LEAST_DISK // MEBIBYTE}; "
                "make room, or choose another data directory"
            )
        if free < SCARCE_DISK:
            yield f"spare disk: {free // MEBIBYTE} MiB are left"

    def _memory(self) -> Iterator[str]:
        free = self.free()
        if free < LEAST_BYTES:
            raise PermanentError(
                f"{free // MEBIBYTE} MiB of memory are free; a node needs {LEAST_BYTES // MEBIBYTE}; "
                "stop other programs"
            )
        if (why := self.slots().why) is not None:
            yield f"memory for all slots: {why}"

    def _clock(self) -> Iterator[str]:
        now = datetime.now(UTC)
        if now.year < _FIRST_YEAR:
            raise InputError(f"the clock says {now:%Y-%m-%d}; set it, because the audit log and every lease rely on it")
        newest = _newest_in(self.data_dir)
        if newest is not None and newest - now > CLOCK_DRIFT:
            yield f"a clock that never went back: files here are from {newest:%Y-%m-%d %H:%M:%S}, later than now"


def _write_in(folder: Path) -> None:
    """Write, flush and remove a file there. Raises InputError when that fails."""
    probe = folder / f"preflight.{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(b"\0" * 65536)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{folder} is not writable: {error.strerror}; correct that, or choose another data directory"
        ) from error
    finally:
        with suppress(OSError):
            probe.unlink()


def _newest_in(folder: Path) -> datetime | None:
    times = [one.stat().st_mtime for one in folder.glob("*.json")]
    return datetime.fromtimestamp(max(times), UTC) if times else None
