"""What the operating system reports about this machine: its memory, its disk, its load, and the waits for them."""

from contextlib import suppress
from pathlib import Path

import psutil

from grace_workers.fleet import MachineUse, Pressure

_STALLS = Path("/proc/pressure")
_CONTROL_GROUP = Path("/sys/fs/cgroup")


def pressure() -> Pressure:
    """Return the pressure on this machine."""
    memory = psutil.virtual_memory()
    return Pressure(
        memory_free=memory.available / memory.total,
        load_per_core=_load(),
        waiting=max(_stalled(one) for one in ("cpu", "io", "memory")),
    )


def use_of(folder: Path) -> MachineUse:
    """Return how much of this machine is in use; of its disks, the one on which `folder` is."""
    return MachineUse(
        memory=psutil.virtual_memory().percent / 100, disk=psutil.disk_usage(str(folder)).percent / 100, cpu=_load()
    )


def free_memory() -> int:
    """Return the bytes that this node may still take: of the machine, or of the container if that has less."""
    free = int(psutil.virtual_memory().available)
    limit, used = _control_group("memory.max"), _control_group("memory.current")
    return free if limit is None or used is None else min(free, max(0, limit - used))


def _load() -> float:
    return psutil.getloadavg()[0] / (psutil.cpu_count() or 1)


def _stalled(resource: str) -> float:
    """Return the share of the last ten seconds in which some process waited for it; 0 if that is not reported."""
    try:
        some = (_STALLS / resource).read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return 0.0
    return float(some.split()[1].partition("=")[2]) / 100


def _control_group(name: str) -> int | None:
    """Return one figure of this process's control group, None when there is none or no limit."""
    with suppress(OSError, ValueError):
        return int((_CONTROL_GROUP / name).read_text())
    return None
