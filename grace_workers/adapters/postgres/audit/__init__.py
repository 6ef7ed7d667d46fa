"""The audit log in PostgreSQL: appender, sealer, reader."""

from grace_workers.adapters.postgres.audit.appender import PostgresAuditAppender
from grace_workers.adapters.postgres.audit.archive import PostgresAuditArchive
from grace_workers.adapters.postgres.audit.sealer import (
    NothingToDo,
    NotTheSealer,
    Rhythm,
    Sealed,
    Sealer,
    SealRefusedError,
)

__all__ = [
    "NotTheSealer",
    "NothingToDo",
    "PostgresAuditAppender",
    "PostgresAuditArchive",
    "Rhythm",
    "SealRefusedError",
    "Sealed",
    "Sealer",
]
