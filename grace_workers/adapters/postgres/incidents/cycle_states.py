"""What cycles remember from one look to the next."""

from datetime import datetime

from grace_workers.adapters.postgres.statement import json_text, lock, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.stores.cycle_states import CycleStateStore
from grace_workers.orchestration.stores.store import implements

_READ = "SELECT document FROM memories WHERE name = %(name)s"

_WRITE = """
INSERT INTO memories (name, document, at) VALUES (%(name)s, %(document)s::json, %(at)s)
ON CONFLICT (name) DO UPDATE SET document = excluded.document, at = excluded.at
"""


class PostgresCycleStateStore(PostgresStore, CycleStateStore):
    """Implements `stores.CycleStateStore`."""

    def read(self, name: str) -> JsonValue:
        lock(self._connection, f"memory:{name}")
        return self.peek(name)

    def peek(self, name: str) -> JsonValue:
        row = one(self._connection, _READ, {"name": name})
        document: JsonValue = None if row is None else row[0]
        return document

    def write(self, name: str, document: JsonValue, at: datetime) -> None:
        run(self._connection, _WRITE, {"name": name, "document": json_text(document), "at": at})


DEFINITION = implements(CycleStateStore)(PostgresCycleStateStore)
