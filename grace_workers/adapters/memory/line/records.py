"""Track records, knowledge and episodes, in memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from grace_workers.adapters.memory.tables import Table
from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.ids import PlanId
from grace_workers.learning import Episode, TrackRecord


class MemoryRecordStore:
    """Implements `stores.RecordStore`."""

    def __init__(self, table: Table) -> None:
        self._tracks: dict[tuple[str, str], TrackRecord] = table("track_records")
        self._knowledge: dict[str, KnowledgeEntry] = table("knowledge")
        self._runs: dict[PlanId, Any] = table("runs")

    def lock(self) -> None:
        """Do nothing: transactions take turns, so each learns alone."""

    def track(self, playbook: str, signature: str) -> TrackRecord:
        """Return the record, empty when there is none."""
        return self._tracks.get((playbook, signature), TrackRecord(playbook=playbook, signature=signature))

    def tracks(self) -> Sequence[TrackRecord]:
        """Return all records."""
        return [self._tracks[key] for key in sorted(self._tracks)]

    def save_track(self, record: TrackRecord) -> None:
        """Insert or replace a record."""
        self._tracks[record.playbook, record.signature] = record

    def knowledge(self) -> Sequence[KnowledgeEntry]:
        """Return what was learnt beside the shipped knowledge."""
        return [self._knowledge[key] for key in sorted(self._knowledge)]

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        """Insert or replace an entry."""
        self._knowledge[entry.id] = entry

    def episodes(self, *, since: datetime | None = None, limit: int = 1000) -> Sequence[Episode]:
        """Return the newest episodes, newest first."""
        ended: list[Episode] = [run.episode for run in self._runs.values() if run.episode is not None]
        wanted = [one for one in ended if since is None or one.at >= since]
        return sorted(wanted, key=lambda one: one.at, reverse=True)[:limit]
