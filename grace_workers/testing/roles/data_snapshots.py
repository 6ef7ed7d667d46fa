"""A server in memory that saves its data."""

from dataclasses import dataclass
from datetime import UTC, datetime

from grace_workers.actions import DataSnapshots, SavedState
from grace_workers.foundation.errors import PermanentError

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MemorySnapshots(DataSnapshots):
    """`DataSnapshots` whose next attempts fail while `full`."""

    failed: bool = False
    full: bool = False
    saved_at: datetime = _FIRST
    saves: int = 0

    def state(self) -> SavedState:
        return SavedState(failed=self.failed, saved_at=self.saved_at)

    def save(self) -> None:
        self.failed = self.full
        if self.full:
            raise PermanentError("the server could not save its data; its disk is full")
        self.saves += 1
