"""What cycles found."""

from collections.abc import Mapping, Sequence

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import KnownFinding
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.orchestration.stores.store import implements

_SAVE = """
INSERT INTO findings (cycle, key, gone_at, changed_at, document)
VALUES (%(cycle)s, %(key)s, %(gone_at)s, %(changed_at)s, %(document)s::json)
ON CONFLICT (cycle, key) DO UPDATE
SET gone_at = excluded.gone_at, changed_at = excluded.changed_at, document = excluded.document
"""

_FIND = """
SELECT document, cycle, key FROM findings
WHERE (%(cycle)s::text IS NULL OR cycle = %(cycle)s) AND (gone_at IS NOT NULL) = %(gone)s
ORDER BY changed_at DESC, cycle, key LIMIT %(limit)s
"""

_HOLDING = "SELECT cycle, count(*) FROM findings WHERE gone_at IS NULL GROUP BY cycle"


class PostgresFindingStore(PostgresStore, FindingStore):
    """Implements `stores.FindingStore`."""

    def save(self, finding: KnownFinding) -> None:
        values = {
            "cycle": finding.cycle,
            "key": finding.finding.key,
            "gone_at": finding.gone_at,
            "changed_at": finding.gone_at or finding.first_at,
            "document": json_text(stored(KnownFinding, finding)),
        }
        run(self._connection, _SAVE, values)

    def find(self, *, cycle: str | None = None, gone: bool = False, limit: int | None = 500) -> Sequence[KnownFinding]:
        values = {"cycle": cycle, "gone": gone, "limit": limit}
        return [
            restored(KnownFinding, row[0], f"finding {row[1]} {row[2]}")
            for row in many(self._connection, _FIND, values)
        ]

    def holding(self) -> Mapping[str, int]:
        return {row[0]: row[1] for row in many(self._connection, _HOLDING, {})}


DEFINITION = implements(FindingStore)(PostgresFindingStore)
