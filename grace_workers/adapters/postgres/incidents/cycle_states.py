"""What cycles remember from one look to the next."""

from datetime import datetime

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import json_text, lock, one, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.store import implements

_READ = "SELECT document FROM memories WHERE name = %(name)s"

_WRITE = """
INSERT INTO memories (name, document, at) VALUES (%(name)s, %(document)s::json, %(at)s)
ON CONFLICT (name) DO UPDATE SET document = excluded.document, at = excluded.at
"""


class PostgresCycleStateStore:
    """Implements `stores.CycleStateStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, name: str) -> JsonValue:
        """Return what was kept, None when nothing was; locked until the transaction ends."""
        lock(self._connection, f"memory:{name}")
        row = one(self._connection, _READ, {"name": name})
        document: JsonValue = None if row is None else row[0]
        return document

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        """Keep this instead."""
        run(self._connection, _WRITE, {"name": name, "document": json_text(document), "at": at})


def _make(tx: PostgresTransaction) -> PostgresCycleStateStore:
    return PostgresCycleStateStore(tx.connection)


DEFINITION = implements(CycleStateStore)(_make)
