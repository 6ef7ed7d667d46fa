"""A machine in memory."""

from dataclasses import dataclass, field

from grace_workers.actions import HostFigures, MachineFigures
from grace_workers.foundation.errors import NotFoundError

_QUIET = MachineFigures(memory=0.5, swap=0.0, load_per_core=0.25, open_files=0.125)


@dataclass(slots=True)
class MemoryHost(HostFigures):
    """`HostFigures` with given values. `disks` has the share in use by path, `inode_use` that of the inodes."""

    said: MachineFigures = _QUIET
    disks: dict[str, float] = field(default_factory=lambda: {"/": 0.5})
    clock: float = 0.01
    inode_use: dict[str, float] = field(default_factory=lambda: {"/": 0.25})

    def figures(self) -> MachineFigures:
        return self.said

    def clock_error(self) -> float:
        return self.clock

    def disk(self, path: str) -> float:
        return _of(self.disks, path)

    def inodes(self, path: str) -> float:
        return _of(self.inode_use, path)


def _of(shares: dict[str, float], path: str) -> float:
    try:
        return shares[path]
    except KeyError:
        raise NotFoundError(f"there is no {path!r} on this machine") from None
