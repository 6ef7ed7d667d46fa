"""Snapshots of the fleet, and the contents of their parts."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import FleetSnapshot
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.orchestration.stores.store import implements

_PART = """
INSERT INTO snapshot_parts (sha256, content) VALUES (%(sha256)s, %(content)s)
ON CONFLICT (sha256) DO UPDATE SET content = excluded.content
WHERE encode(sha256(snapshot_parts.content), 'hex') <> excluded.sha256
"""

_PUT = """
INSERT INTO snapshots (id, at, document) VALUES (%(id)s, %(at)s, %(document)s::json)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, document = excluded.document
"""

_ALL = "SELECT id, document FROM snapshots ORDER BY at DESC, id"

_CONTENT = "SELECT content FROM snapshot_parts WHERE sha256 = %(sha256)s"

_DAMAGED = """
SELECT named.sha256 FROM (
    SELECT DISTINCT part ->> 'sha256' AS sha256 FROM snapshots s, json_array_elements(s.document -> 'parts') part
) named
LEFT JOIN snapshot_parts p ON p.sha256 = named.sha256
WHERE p.content IS NULL OR encode(sha256(p.content), 'hex') <> named.sha256
ORDER BY 1
"""

_DROP = "DELETE FROM snapshots WHERE id = ANY(%(ids)s)"

_UNNAMED = """
DELETE FROM snapshot_parts WHERE sha256 NOT IN (
    SELECT part ->> 'sha256' FROM snapshots s, json_array_elements(s.document -> 'parts') part)
"""


class PostgresSnapshotStore(PostgresStore, SnapshotStore):
    """Implements `stores.SnapshotStore`."""

    def put(self, snapshot: FleetSnapshot, contents: Mapping[str, bytes]) -> None:
        self.mend(contents)
        document = json_text(stored(FleetSnapshot, snapshot))
        run(self._connection, _PUT, {"id": snapshot.id, "at": snapshot.at, "document": document})

    def all(self) -> Sequence[FleetSnapshot]:
        return [restored(FleetSnapshot, row[1], f"snapshot {row[0]}") for row in many(self._connection, _ALL, {})]

    def content(self, sha256: str) -> bytes | None:
        row = one(self._connection, _CONTENT, {"sha256": sha256})
        return None if row is None else bytes(row[0])

    def damaged(self) -> Sequence[str]:
        return [str(row[0]) for row in many(self._connection, _DAMAGED, {})]

    def mend(self, contents: Mapping[str, bytes]) -> None:
        for sha256, content in sorted(contents.items()):
            run(self._connection, _PART, {"sha256": sha256, "content": content})

    def drop(self, ids: Collection[str]) -> None:
        if ids:
            run(self._connection, _DROP, {"ids": list(ids)})
            run(self._connection, _UNNAMED, {})


DEFINITION = implements(SnapshotStore)(PostgresSnapshotStore)
