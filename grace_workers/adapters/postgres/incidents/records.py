"""Track records, knowledge and episodes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.schema.line import knowledge, runs, track_records
from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.learning import Episode, TrackRecord


class PostgresRecordStore:
    """Implements `stores.RecordStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Let one transaction at a time learn, so that no outcome is counted over another."""
        self._connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('grace.learning', 0))"))

    def track(self, playbook: str, signature: str) -> TrackRecord:
        """Return the record, empty when there is none."""
        query = select(track_records.c.document).where(
            track_records.c.playbook == playbook, track_records.c.signature == signature
        )
        row = self._connection.execute(query).first()
        if row is None:
            return TrackRecord(playbook=playbook, signature=signature)
        return restored(TrackRecord, row.document, f"track record of {playbook}")

    def tracks(self) -> Sequence[TrackRecord]:
        """Return all records."""
        rows = self._connection.execute(select(track_records).order_by(track_records.c.playbook))
        return [restored(TrackRecord, row.document, f"track record of {row.playbook}") for row in rows]

    def save_track(self, record: TrackRecord) -> None:
        """Insert or replace a record."""
        document = stored(TrackRecord, record)
        statement = insert(track_records).values(
            playbook=record.playbook, signature=record.signature, document=document
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["playbook", "signature"], set_={"document": document})
        )

    def knowledge(self) -> Sequence[KnowledgeEntry]:
        """Return what was learnt beside the shipped knowledge."""
        rows = self._connection.execute(select(knowledge).order_by(knowledge.c.key))
        return [restored(KnowledgeEntry, row.document, f"knowledge {row.key}") for row in rows]

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        """Insert or replace an entry."""
        document = stored(KnowledgeEntry, entry)
        statement = insert(knowledge).values(key=entry.id, document=document)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key"], set_={"document": document, "updated_at": statement.excluded.updated_at}
            )
        )

    def episodes(self, *, since: datetime | None = None, limit: int = 1000) -> Sequence[Episode]:
        """Return the newest episodes, newest first."""
        query = select(runs.c.plan, runs.c.episode).where(runs.c.episode.is_not(None))
        if since is not None:
            query = query.where(runs.c.ended_at >= since)
        rows = self._connection.execute(query.order_by(runs.c.ended_at.desc()).limit(limit))
        return [restored(Episode, row.episode, f"episode {row.plan}") for row in rows]
