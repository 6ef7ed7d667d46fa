"""The event mesh over PostgreSQL: outbox, mover, log, cursors."""

from grace_workers.adapters.postgres.events.cursors import PostgresCursorStore
from grace_workers.adapters.postgres.events.mover import EventMover
from grace_workers.adapters.postgres.events.store import PostgresEventStore

__all__ = ["EventMover", "PostgresCursorStore", "PostgresEventStore"]
