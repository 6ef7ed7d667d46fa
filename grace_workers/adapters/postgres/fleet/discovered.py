"""The targets that discoveries found, and how each discovery's last look ended."""

from collections.abc import Mapping, Sequence

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, lock, many, run, run_all
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.orchestration.discovery.comparing import Discovered
from grace_workers.orchestration.stores.discovered import DiscoveredStore, DiscoveryState
from grace_workers.orchestration.stores.store import implements

_REVISIONS = "SELECT name, revision FROM discoveries"

_STATES = "SELECT document, name FROM discoveries ORDER BY name"

_TARGETS = "SELECT document, name FROM discovered_targets ORDER BY name"

_SAVE = """
INSERT INTO discoveries (name, revision, document) VALUES (%(name)s, %(revision)s, %(document)s::json)
ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, document = excluded.document
"""

_DROP = "DELETE FROM discovered_targets WHERE discovery = %(discovery)s"

_ADD = """
INSERT INTO discovered_targets (name, discovery, document)
SELECT * FROM unnest(%(name)s::text[], %(discovery)s::text[], %(document)s::json[])
"""


class PostgresDiscoveredStore(PostgresStore, DiscoveredStore):
    """Implements `stores.DiscoveredStore`."""

    def lock(self) -> None:
        lock(self._connection, "discoveries")

    def revisions(self) -> Mapping[str, int]:
        return {row[0]: row[1] for row in many(self._connection, _REVISIONS, {})}

    def states(self) -> Sequence[DiscoveryState]:
        rows = many(self._connection, _STATES, {})
        return [restored(DiscoveryState, row[0], f"discovery {row[1]}") for row in rows]

    def targets(self) -> Sequence[Discovered]:
        return [restored(Discovered, row[0], f"target {row[1]}") for row in many(self._connection, _TARGETS, {})]

    def save(self, state: DiscoveryState, targets: Sequence[Discovered] | None) -> None:
        document = json_text(stored(DiscoveryState, state))
        run(self._connection, _SAVE, {"name": state.name, "revision": state.revision, "document": document})
        if targets is None:
            return
        run(self._connection, _DROP, {"discovery": state.name})
        rows = [
            {"name": one.name, "discovery": state.name, "document": json_text(stored(Discovered, one))}
            for one in targets
        ]
        run_all(self._connection, _ADD, rows)


DEFINITION = implements(DiscoveredStore)(PostgresDiscoveredStore)
