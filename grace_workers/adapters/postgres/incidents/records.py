"""Track records, knowledge and episodes."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.incidents.journal import ON_TARGETS
from grace_workers.adapters.postgres.statement import json_text, lock, many, one, run, stream
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Episode, Tally, TrackRecord
from grace_workers.orchestration.stores.records import EXACT, FAMILY, RecordStore
from grace_workers.orchestration.stores.store import implements

_TRACK = "SELECT document FROM track_records WHERE playbook = %(playbook)s AND signature = %(signature)s"

_TRACKS = """
SELECT playbook, document FROM track_records
WHERE %(signature)s::text IS NULL OR signature = %(signature)s ORDER BY playbook, signature
"""

_PLAYED = "SELECT DISTINCT playbook FROM track_records"

_TRACKS_OF = """
SELECT signature, playbook, document FROM track_records
WHERE signature = ANY(%(signatures)s::text[]) ORDER BY playbook
"""

_TALLIES = """
SELECT found.playbook, found.won, found.lost
FROM unnest(%(playbooks)s::text[]) AS name, LATERAL (
    SELECT playbook, (document ->> 'verified')::int AS won,
        (document ->> 'ineffective')::int + (document ->> 'failed')::int AS lost
    FROM track_records WHERE playbook = name AND NOT starts_with(signature, %(exact)s)
        AND NOT starts_with(signature, %(family)s) ORDER BY signature LIMIT %(most)s
) AS found WHERE found.won + found.lost > 0 ORDER BY found.playbook
"""

_SAVE_TRACK = """
INSERT INTO track_records (playbook, signature, document) VALUES (%(playbook)s, %(signature)s, %(document)s::json)
ON CONFLICT (playbook, signature) DO UPDATE SET document = excluded.document
"""

_KNOWLEDGE = """
SELECT key, document FROM knowledge
WHERE %(signature)s::text IS NULL OR document ->> 'signature' = %(signature)s ORDER BY key
"""

_SAVE_KNOWLEDGE = """
INSERT INTO knowledge (key, document) VALUES (%(key)s, %(document)s::json)
ON CONFLICT (key) DO UPDATE SET document = excluded.document, updated_at = now()
"""

_EPISODES = f"""
SELECT plan, episode FROM runs
WHERE episode IS NOT NULL AND (%(since)s::timestamptz IS NULL OR ended_at >= %(since)s)
    AND (%(targets)s::text[] IS NULL OR {ON_TARGETS})
    AND (%(playbook)s::text IS NULL OR playbook = %(playbook)s)
ORDER BY ended_at DESC LIMIT %(limit)s
"""  # noqa: S608 - only a constant is put in

_RUNS_WITH = """
SELECT plan, episode FROM runs
WHERE episode IS NOT NULL AND plan IN (
    SELECT plan FROM steps WHERE primitive = %(primitive)s AND state = 'done'
        AND (%(value)s::text IS NULL OR outcome -> 'data' ->> %(key)s = %(value)s)
)
ORDER BY ended_at DESC LIMIT %(limit)s
"""

_ALL_EPISODES = """
SELECT plan, episode FROM runs
WHERE episode IS NOT NULL AND (%(since)s::timestamptz IS NULL OR ended_at >= %(since)s) ORDER BY ended_at, plan
"""


class PostgresRecordStore(PostgresStore, RecordStore):
    """Implements `stores.RecordStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.learning")

    def track(self, playbook: str, signature: str) -> TrackRecord:
        row = one(self._connection, _TRACK, {"playbook": playbook, "signature": signature})
        if row is None:
            return TrackRecord(playbook=playbook, signature=signature)
        return restored(TrackRecord, row[0], f"track record of {playbook}")

    def tracks(self, signature: str | None = None) -> Sequence[TrackRecord]:
        rows = many(self._connection, _TRACKS, {"signature": signature})
        return [restored(TrackRecord, document, f"track record of {playbook}") for playbook, document in rows]

    def played(self) -> frozenset[str]:
        return frozenset(playbook for (playbook,) in many(self._connection, _PLAYED, {}))

    def tracks_of(self, signatures: Collection[str]) -> Mapping[str, Sequence[TrackRecord]]:
        found: dict[str, list[TrackRecord]] = defaultdict(list)
        for signature, playbook, document in many(self._connection, _TRACKS_OF, {"signatures": list(signatures)}):
            found[signature].append(restored(TrackRecord, document, f"track record of {playbook}"))
        return dict(found)

    def tallies(self, playbooks: Collection[str], *, most: int = 300) -> Sequence[Tally]:
        """Return how often each of these playbooks helped, once a signature, `most` signatures a playbook."""
        rows = many(
            self._connection,
            _TALLIES,
            {"playbooks": sorted(set(playbooks)), "most": most, "exact": EXACT, "family": FAMILY},
        )
        return [Tally(playbook, won, lost) for playbook, won, lost in rows]

    def save_track(self, record: TrackRecord) -> None:
        document = json_text(stored(TrackRecord, record))
        values = {"playbook": record.playbook, "signature": record.signature, "document": document}
        run(self._connection, _SAVE_TRACK, values)

    def knowledge(self, signature: str | None = None) -> Sequence[KnowledgeEntry]:
        rows = many(self._connection, _KNOWLEDGE, {"signature": signature})
        return [restored(KnowledgeEntry, document, f"knowledge {key}") for key, document in rows]

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        document = json_text(stored(KnowledgeEntry, entry))
        run(self._connection, _SAVE_KNOWLEDGE, {"key": entry.id, "document": document})

    def episodes(
        self,
        *,
        since: datetime | None = None,
        targets: Collection[TargetName] | None = None,
        playbook: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Episode]:
        on = None if targets is None else list(targets)
        values = {"since": since, "targets": on, "playbook": playbook, "limit": limit}
        rows = many(self._connection, _EPISODES, values)
        return [restored(Episode, episode, f"episode {plan}") for plan, episode in rows]

    def runs_with(
        self, primitive: str, key: str, value: str | None = None, *, limit: int
    ) -> Sequence[tuple[PlanId, Episode]]:
        values = {"primitive": primitive, "key": key, "value": value, "limit": limit}
        rows = many(self._connection, _RUNS_WITH, values)
        return [(PlanId(plan), restored(Episode, episode, f"episode {plan}")) for plan, episode in rows]

    def iter_episodes(self, *, since: datetime | None = None) -> Iterator[Episode]:
        for plan, episode in stream(self._connection, _ALL_EPISODES, {"since": since}):
            yield restored(Episode, episode, f"episode {plan}")


DEFINITION = implements(RecordStore)(PostgresRecordStore)
