"""Erasing an entry's details, and recording that in the log, in one transaction."""

from sqlalchemy import text

from grace_workers.adapters.postgres.audit.session import REDACTOR, connect, role_clause
from grace_workers.adapters.postgres.audit.store import PostgresAuditAppender
from grace_workers.adapters.postgres.engine import engine_for
from grace_workers.audit import Entry
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import EntryId

_ERASE = text("UPDATE audit_log SET data = NULL, salt = NULL WHERE entry ->> 'id' = :id AND data IS NOT NULL")


def redact(url: str, entry_id: EntryId, told: Entry) -> None:
    """Erase the details of one sealed entry, and append `told`.

    Raises:
        NotFoundError: no sealed entry of that id has details.
    """
    with connect(url) as session:
        role = role_clause(session, REDACTOR)
    engine = engine_for(url)
    try:
        with engine.begin() as connection:
            PostgresAuditAppender(connection).append(told)
            if role:
                connection.execute(text(role))
            if connection.execute(_ERASE, {"id": str(entry_id)}).rowcount == 0:
                raise NotFoundError(f"no sealed entry {entry_id} with details; copy the whole id as listed")
    finally:
        engine.dispose()
