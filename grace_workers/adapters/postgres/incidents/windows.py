"""Maintenance windows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import NotFoundError
from grace_workers.governance import MaintenanceWindow
from grace_workers.orchestration.stores.store import implements
from grace_workers.orchestration.stores.windows import WindowStore

_ADD = "INSERT INTO windows (id, ends_at, document) VALUES (%(id)s, %(ends_at)s, %(document)s::json)"

_OPEN = "SELECT document, id FROM windows WHERE ends_at > %(now)s ORDER BY id LIMIT 1000"

_LOAD = "SELECT document, id FROM windows WHERE id = %(id)s"

_END = "UPDATE windows SET ends_at = least(ends_at, %(now)s) WHERE id = %(id)s"


class PostgresWindowStore(PostgresStore, WindowStore):
    """Implements `stores.WindowStore`."""

    def add(self, window: MaintenanceWindow) -> None:
        values = {"id": window.id, "ends_at": window.ends_at, "document": json_text(stored(MaintenanceWindow, window))}
        run(self._connection, _ADD, values)

    def open(self, now: datetime) -> Sequence[MaintenanceWindow]:
        return [
            restored(MaintenanceWindow, row[0], f"window {row[1]}")
            for row in many(self._connection, _OPEN, {"now": now})
        ]

    def load(self, window: UUID) -> MaintenanceWindow:
        row = one(self._connection, _LOAD, {"id": window})
        if row is None:
            raise NotFoundError(f"no window {window}; `grace maintenance list` lists all")
        return restored(MaintenanceWindow, row[0], f"window {row[1]}")

    def end(self, window: UUID, now: datetime) -> None:
        run(self._connection, _END, {"id": window, "now": now})


DEFINITION = implements(WindowStore)(PostgresWindowStore)
