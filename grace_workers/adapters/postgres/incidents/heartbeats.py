"""When each heartbeat was last heard."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import many
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.orchestration.stores.heartbeats import HeartbeatStore
from grace_workers.orchestration.stores.store import implements

_HEAR = """
INSERT INTO heartbeats (name, heard_at, heard_from) VALUES (%(name)s, clock_timestamp(), %(heard_from)s)
ON CONFLICT (name) DO UPDATE SET heard_at = excluded.heard_at, heard_from = excluded.heard_from
RETURNING heard_at
"""

_HEARD = "SELECT name, heard_at FROM heartbeats"


class PostgresHeartbeatStore:
    """Implements `stores.HeartbeatStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hear(self, name: str, heard_from: str) -> datetime:
        """Record that one was heard just now; return the time."""
        [row] = many(self._connection, _HEAR, {"name": name, "heard_from": heard_from})
        moment: datetime = row[0]
        return moment

    def heard(self) -> Mapping[str, datetime]:
        """Return when each was last heard; those never heard are absent."""
        rows = many(self._connection, _HEARD, {})
        return {row[0]: row[1] for row in rows}


def _make(tx: PostgresTransaction) -> PostgresHeartbeatStore:
    return PostgresHeartbeatStore(tx.connection)


DEFINITION = implements(HeartbeatStore)(_make)
