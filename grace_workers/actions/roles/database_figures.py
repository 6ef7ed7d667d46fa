"""`DatabaseFigures`: what a database server reports about itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    """Client connections and how many the server allows; this database's longest idle transaction and statement.

    `replica_lag` is how far the slowest replica lags, or the server itself if it is a replica. `retained_bytes` of
    write-ahead log are kept for replication slots that no one reads. `transaction_ids` is the share in use of the
    transaction ids available before the server refuses to write.
    """

    connections: int
    connection_limit: int
    idle_transaction: timedelta
    longest_query: timedelta
    replica_lag: timedelta
    retained_bytes: int
    transaction_ids: float


class DatabaseFigures(Protocol):
    """A database server, read and never changed."""

    def status(self) -> DatabaseStatus:
        """Return the figures of one moment.

        Raises:
            ConflictError: a server is there, but answers no query: it starts, is full, or rejects the login.
            TransientError: there is no answer at all.
        """
