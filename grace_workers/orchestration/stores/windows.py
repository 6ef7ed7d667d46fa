"""Maintenance windows: mutes and freezes with an end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from grace_workers.governance import MaintenanceWindow


class WindowStore(Protocol):
    """Maintenance windows."""

    def add(self, window: MaintenanceWindow) -> None:
        """Keep a window."""

    def open(self, now: datetime) -> Sequence[MaintenanceWindow]:
        """Return the windows that may still come into force or are in force, oldest first."""

    def load(self, window: UUID) -> MaintenanceWindow:
        """Return one window. Raises NotFoundError."""

    def end(self, window: UUID, now: datetime) -> None:
        """End a window for good."""
