"""The audit log in PostgreSQL: appender, sealer, reader."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grace_workers.adapters.postgres.audit.archive import PostgresAuditArchive
    from grace_workers.adapters.postgres.audit.passes import NothingToDo, NotTheSealer, Rhythm, Sealed, SealRefusedError
    from grace_workers.adapters.postgres.audit.sealer import Sealer
    from grace_workers.adapters.postgres.audit.store import PostgresAuditAppender

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

_PLACES = {"PostgresAuditAppender": "store", "PostgresAuditArchive": "archive", "Sealer": "sealer"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used, because a verifier of the log needs neither SQLAlchemy nor its memory."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES.get(name, 'passes')}"), name)
