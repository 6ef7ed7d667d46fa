"""A service in memory that has as many instances as it should."""

from dataclasses import dataclass

from grace_workers.actions import Scalable, Scale


@dataclass(slots=True)
class MemoryScale(Scalable):
    """`Scalable` within bounds; `missing` instances do not become ready."""

    wanted: int = 2
    lowest: int = 1
    highest: int = 5
    missing: int = 0

    def scale(self) -> Scale:
        ready = max(self.wanted - self.missing, 0)
        return Scale(wanted=self.wanted, ready=ready, lowest=self.lowest, highest=self.highest)

    def scale_to(self, count: int) -> Scale:
        self.wanted = count
        return self.scale()
