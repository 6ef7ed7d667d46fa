"""What cycles remember from one look to the next."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.schema.line import memories
from grace_workers.foundation.document import JsonValue


class PostgresMemoryStore:
    """Implements `stores.MemoryStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, name: str) -> JsonValue:
        """Return what was kept, None when nothing was; locked until the transaction ends."""
        key = f"memory:{name}"
        self._connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        document: JsonValue = self._connection.scalar(select(memories.c.document).where(memories.c.name == name))
        return document

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Keep this instead."""
        values = {"document": document, "at": at}
        statement = insert(memories).values(name=name, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
