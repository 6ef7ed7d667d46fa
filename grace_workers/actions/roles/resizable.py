"""`Resizable`: a service that runs on a machine of one of several declared sizes."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSize:
    """The size in force, and the sizes that the target's declaration allows, smallest first."""

    name: str
    allowed: tuple[str, ...]


class Resizable(Protocol):
    """A service whose machine can become larger or smaller; it does not serve for a while when that happens."""

    def size(self) -> MachineSize:
        """Return the size in force."""

    def resize_to(self, size: str) -> MachineSize:
        """Give the service a machine of that size, and return when it serves on it. Idempotent. No bounds are checked.

        Raises:
            ConflictError: it cannot be resized in the state that it is in.
            TransientError: it does not serve in time; it may still change.
        """
