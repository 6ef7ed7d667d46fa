"""Changes of how the fleet works that cycles proposed, and those of them that are in force."""

import json
from collections.abc import Sequence
from datetime import datetime

from grace_workers.adapters.postgres.statement import many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.cycles import FleetChange
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from grace_workers.orchestration.stores.store import implements

_PROPOSE = """
INSERT INTO fleet_changes (kind, subject, version, content, proposed_at)
VALUES (%(kind)s, %(subject)s, %(version)s, %(content)s, %(at)s) ON CONFLICT (kind, subject, version) DO NOTHING
"""

_END_OTHERS = """
UPDATE fleet_changes SET in_force_at = NULL
WHERE kind = %(kind)s AND subject = %(subject)s AND in_force_at IS NOT NULL AND version <> %(version)s
"""

_END = """
UPDATE fleet_changes SET in_force_at = NULL
WHERE kind = %(kind)s AND subject = %(subject)s AND version = %(version)s
"""

_PUT = """
UPDATE fleet_changes SET in_force_at = %(at)s
WHERE kind = %(kind)s AND subject = %(subject)s AND version = %(version)s AND in_force_at IS NULL
"""

_FOUND = """
SELECT kind, subject, content::text, proposed_at, in_force_at FROM fleet_changes
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (NOT %(in_force)s OR in_force_at IS NOT NULL)
ORDER BY kind, subject, proposed_at DESC, version
"""


class PostgresFleetChangeStore(PostgresStore, FleetChangeStore):
    """Implements `stores.FleetChangeStore`."""

    def propose(self, change: FleetChange) -> None:
        values = {
            "kind": change.kind,
            "subject": change.subject,
            "version": change.version,
            "content": json.dumps(change.content),
            "at": change.proposed_at,
        }
        run(self._connection, _PROPOSE, values)

    def put(self, kind: str, subject: str, version: str, at: datetime) -> None:
        values = {"kind": kind, "subject": subject, "version": version, "at": at}
        run(self._connection, _END_OTHERS, values)
        run(self._connection, _PUT, values)

    def end(self, kind: str, subject: str, version: str) -> None:
        run(self._connection, _END, {"kind": kind, "subject": subject, "version": version})

    def versions(self, kind: str | None = None) -> Sequence[FleetChange]:
        return self._found(kind, in_force=False)

    def in_force(self, kind: str | None = None) -> Sequence[FleetChange]:
        return self._found(kind, in_force=True)

    def _found(self, kind: str | None, *, in_force: bool) -> Sequence[FleetChange]:
        rows = many(self._connection, _FOUND, {"kind": kind, "in_force": in_force})
        return [
            FleetChange(
                kind=of, subject=subject, content=json.loads(content), proposed_at=proposed_at, in_force_at=in_force_at
            )
            for of, subject, content, proposed_at, in_force_at in rows
        ]


DEFINITION = implements(FleetChangeStore)(PostgresFleetChangeStore)
