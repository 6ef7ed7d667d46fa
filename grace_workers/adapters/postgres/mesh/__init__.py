"""The event mesh over PostgreSQL: outbox, mover, log, cursors."""

from grace_workers.adapters.postgres.mesh.cursors import PostgresCursorStore
from grace_workers.adapters.postgres.mesh.mover import EventMover
from grace_workers.adapters.postgres.mesh.store import PostgresEventStore

__all__ = ["EventMover", "PostgresCursorStore", "PostgresEventStore"]
