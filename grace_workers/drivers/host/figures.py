"""The figures of this machine."""

import os
from pathlib import Path

import psutil

from grace_workers.actions import HostFigures, MachineFigures
from grace_workers.drivers.host.clock import clock_error
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.plain_file import translated

_OPEN_FILES = Path("/proc/sys/fs/file-nr")


class MachineReader(HostFigures):
    """What the kernel reports."""

    def figures(self) -> MachineFigures:
        with translated("figures of the machine"):
            opened, _, allowed = _OPEN_FILES.read_text(encoding="ascii").split()
            return MachineFigures(
                memory=psutil.virtual_memory().percent / 100,
                swap=psutil.swap_memory().percent / 100,
                load_per_core=os.getloadavg()[0] / (os.cpu_count() or 1),
                open_files=int(opened) / int(allowed),
            )

    def clock_error(self) -> float:
        return clock_error()

    def disk(self, path: str) -> float:
        with translated(f"disk of {path!r}"):
            return psutil.disk_usage(_found(path)).percent / 100

    def inodes(self, path: str) -> float:
        with translated(f"disk of {path!r}"):
            said = os.statvfs(_found(path))
        used = said.f_files - said.f_ffree
        return used / max(used + said.f_favail, 1)


def _found(path: str) -> str:
    if not Path(path).exists():
        raise NotFoundError(f"there is no {path!r} on this machine")
    return path
