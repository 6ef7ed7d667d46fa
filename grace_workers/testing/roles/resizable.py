"""A service in memory with a machine of some size."""

from dataclasses import dataclass

from grace_workers.actions import MachineSize, Resizable


@dataclass(slots=True)
class MemorySize(Resizable):
    """`Resizable` among `allowed`."""

    name: str = "small"
    allowed: tuple[str, ...] = ("small", "large")

    def size(self) -> MachineSize:
        return MachineSize(name=self.name, allowed=self.allowed)

    def resize_to(self, size: str) -> MachineSize:
        self.name = size
        return self.size()
