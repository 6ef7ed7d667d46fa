"""Maintenance windows, in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from grace_workers.foundation.errors import NotFoundError
from grace_workers.governance import MaintenanceWindow
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.windows import WindowStore
from tests.memory.transaction import MemoryTransaction


class MemoryWindowStore(WindowStore):
    """Implements `stores.WindowStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._windows: dict[UUID, tuple[MaintenanceWindow, datetime]] = tx.table("windows")

    def add(self, window: MaintenanceWindow) -> None:
        self._windows[window.id] = (window, window.ends_at)

    def open(self, now: datetime) -> Sequence[MaintenanceWindow]:
        return [window for _, (window, ends_at) in sorted(self._windows.items()) if ends_at > now]

    def load(self, window: UUID) -> MaintenanceWindow:
        if window not in self._windows:
            raise NotFoundError(f"no window {window}; `grace maintenance list` lists all")
        return self._windows[window][0]

    def end(self, window: UUID, now: datetime) -> None:
        known, ends_at = self._windows[window]
        self._windows[window] = (known, min(ends_at, now))


DEFINITION = implements(WindowStore)(MemoryWindowStore)
