"""Track records, knowledge and episodes, in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Episode, Tally, TrackRecord
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.stores.records import EXACT, FAMILY, RecordStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.journal import is_on
from tests.memory.transaction import MemoryTransaction


class MemoryRecordStore(RecordStore):
    """Implements `stores.RecordStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._tracks: dict[tuple[str, str], TrackRecord] = tx.table("track_records")
        self._knowledge: dict[str, KnowledgeEntry] = tx.table("knowledge")
        self._runs: dict[PlanId, Any] = tx.table("runs")
        self._steps: dict[tuple[PlanId, int], JournalRow] = tx.table("steps")

    def lock(self) -> None:
        """Do nothing: transactions take turns, so each learns alone."""

    def track(self, playbook: str, signature: str) -> TrackRecord:
        return self._tracks.get((playbook, signature), TrackRecord(playbook=playbook, signature=signature))

    def tracks(self, signature: str | None = None) -> Sequence[TrackRecord]:
        return [self._tracks[key] for key in sorted(self._tracks) if signature in {None, key[1]}]

    def played(self) -> frozenset[str]:
        return frozenset(playbook for playbook, _ in self._tracks)

    def tracks_of(self, signatures: Collection[str]) -> Mapping[str, Sequence[TrackRecord]]:
        return {one: found for one in signatures if (found := self.tracks(one))}

    def tallies(self, playbooks: Collection[str], *, most: int = 300) -> Sequence[Tally]:
        """Return how often each of these playbooks helped, once a signature, `most` signatures a playbook."""
        found = [
            Tally(one.playbook, one.verified, one.ineffective + one.failed)
            for name in sorted(set(playbooks))
            for one in [
                self._tracks[key]
                for key in sorted(self._tracks)
                if key[0] == name and not key[1].startswith((EXACT, FAMILY))
            ][:most]
        ]
        return [one for one in found if one.won + one.lost]

    def save_track(self, record: TrackRecord) -> None:
        self._tracks[record.playbook, record.signature] = record

    def knowledge(self, signature: str | None = None) -> Sequence[KnowledgeEntry]:
        found = [self._knowledge[key] for key in sorted(self._knowledge)]
        return [one for one in found if signature in {None, one.signature}]

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        self._knowledge[entry.id] = entry

    def episodes(
        self,
        *,
        since: datetime | None = None,
        targets: Collection[TargetName] | None = None,
        playbook: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Episode]:
        ended = [run for run in self._runs.values() if run.episode is not None]
        on_them = [run.episode for run in ended if targets is None or is_on(run.plan, targets, self._steps)]
        ours = [one for one in on_them if playbook is None or one.playbook == playbook]
        return sorted(_since(ours, since), key=lambda one: one.at, reverse=True)[:limit]

    def runs_with(
        self, primitive: str, key: str, value: str | None = None, *, limit: int
    ) -> Sequence[tuple[PlanId, Episode]]:
        done = [row for row in self._steps.items() if row[1].primitive == primitive and row[1].state is StepState.DONE]
        plans = {plan for (plan, _), row in done if value is None or _said(row, key) == value}
        found = [(plan, run.episode) for plan, run in self._runs.items() if run.episode is not None and plan in plans]
        return sorted(found, key=lambda one: one[1].at, reverse=True)[:limit]

    def iter_episodes(self, *, since: datetime | None = None) -> Iterator[Episode]:
        ended: list[Episode] = [run.episode for run in self._runs.values() if run.episode is not None]
        return iter(sorted(_since(ended, since), key=lambda one: one.at))


def _said(row: JournalRow, key: str) -> JsonValue:
    data = (row.outcome or {}).get("data")
    return data.get(key) if isinstance(data, dict) else None


def _since(episodes: Sequence[Episode], since: datetime | None) -> list[Episode]:
    return [one for one in episodes if since is None or one.at >= since]


DEFINITION = implements(RecordStore)(MemoryRecordStore)
