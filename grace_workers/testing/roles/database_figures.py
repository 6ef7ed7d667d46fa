"""A database server in memory."""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.actions import DatabaseFigures, DatabaseStatus
from grace_workers.foundation.errors import ConflictError, TransientError

_NONE = timedelta(0)
_QUIET = DatabaseStatus(
    connections=3,
    connection_limit=97,
    idle_transaction=_NONE,
    longest_query=_NONE,
    replica_lag=_NONE,
    retained_bytes=0,
    transaction_ids=0.01,
)


@dataclass(slots=True)
class MemoryDatabase(DatabaseFigures):
    """`DatabaseFigures` that are given; with `answers` false, there are none; with `refuses`, no query gets in."""

    said: DatabaseStatus = _QUIET
    answers: bool = True
    refuses: bool = False

    def status(self) -> DatabaseStatus:
        if self.refuses:
            raise ConflictError("a server is there, but answers no query")
        if not self.answers:
            raise TransientError("the database does not answer")
        return self.said
