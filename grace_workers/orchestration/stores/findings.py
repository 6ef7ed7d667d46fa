"""What cycles found."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from grace_workers.cycles import KnownFinding


class FindingStore(Protocol):
    """What cycles found. A finding is known by its cycle and its key."""

    def save(self, finding: KnownFinding) -> None:
        """Insert or replace a finding."""

    def find(self, *, cycle: str | None = None, gone: bool = False, limit: int | None = 500) -> Sequence[KnownFinding]:
        """Return the findings that hold, or with `gone` those that are over, the latest change first.

        Without a limit these are all; that is for those of one cycle that hold, which are bounded.
        """
        ...

    def holding(self) -> Mapping[str, int]:
        """Return how many findings of each cycle hold; a cycle without one is left out."""
        ...
