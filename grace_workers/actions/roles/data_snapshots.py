"""`DataSnapshots`: how a server that holds its data in memory saves it to disk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedState:
    """Whether the last attempt to save failed, and when one last succeeded."""

    failed: bool
    saved_at: datetime


class DataSnapshots(Protocol):
    """A server that saves all its data to disk from time to time."""

    def state(self) -> SavedState:
        """Return how the last attempt ended."""
        ...

    def save(self) -> None:
        """Save everything now, and wait for it; the new snapshot replaces the one before.

        Raises:
            PermanentError: the server could not save it. The snapshot before is unchanged.
            TransientError: it takes too long; it goes on.
        """
        ...
