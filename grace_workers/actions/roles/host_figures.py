"""`HostFigures`: what a machine reports about itself."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFigures:
    """Shares in use, 0 to 1, and the load of the last minute for each processor."""

    memory: float
    swap: float
    load_per_core: float
    open_files: float


class HostFigures(Protocol):
    """A machine, read and never changed."""

    def figures(self) -> MachineFigures:
        """Return the figures of one moment."""

    def clock_error(self) -> float:
        """Return by how many seconds the clock may be wrong at most; 16 where nothing keeps it right.

        Raises PermanentError where the machine does not tell.
        """
        ...

    def disk(self, path: str) -> float:
        """Return the share in use of the file system that holds the path. Raises NotFoundError for an unknown path."""
        ...

    def inodes(self, path: str) -> float:
        """Return the share in use of that file system's inodes; 0 where it makes them as they are needed.

        Raises NotFoundError for an unknown path.
        """
