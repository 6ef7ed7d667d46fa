"""An environment in memory."""

from dataclasses import dataclass

from grace_workers.actions import EnvironmentProof


@dataclass(slots=True)
class MemoryEnvironment(EnvironmentProof):
    """An `EnvironmentProof` that says `name`."""

    name: str = "memory:staging"

    def environment(self) -> str:
        return self.name
