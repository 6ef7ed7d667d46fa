"""What was deployed where."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from grace_workers.adapters.postgres.incidents.documents import restored, stored
from grace_workers.adapters.postgres.statement import json_text, many, run_each
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Deployment

_KEEP = """
INSERT INTO deployments AS known (key, target, at, document)
VALUES (%(key)s, %(target)s, %(at)s, %(document)s::json)
ON CONFLICT (key) DO UPDATE SET target = excluded.target, at = excluded.at, document = excluded.document
WHERE known.at <= excluded.at
"""

_NEWEST = """
SELECT document, key FROM deployments WHERE %(target)s::text IS NULL OR target = %(target)s
ORDER BY at DESC, key LIMIT %(limit)s
"""

_NEWEST_OF = """
SELECT one.document, one.key, one.target FROM unnest(%(targets)s::text[]) AS wanted (target), LATERAL (
    SELECT document, key, target, at FROM deployments d WHERE d.target = wanted.target
    ORDER BY at DESC, key LIMIT %(limit)s
) AS one ORDER BY one.at DESC, one.key
"""


class PostgresDeploymentStore:
    """Implements `stores.DeploymentStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, deployments: Sequence[Deployment]) -> None:
        """Store a report; of one deployment the newest state counts, in whatever order the reports arrive."""
        values = [
            {"key": one.key, "target": one.target, "at": one.at, "document": json_text(stored(Deployment, one))}
            for one in sorted(deployments, key=lambda one: one.key)
        ]
        run_each(self._connection, _KEEP, values)

    def newest(self, *, target: TargetName | None = None, limit: int = 20) -> Sequence[Deployment]:
        """Return the newest deployments, of one target or of all, newest first."""
        rows = many(self._connection, _NEWEST, {"target": target, "limit": limit})
        return [restored(Deployment, document, f"deployment {key}") for document, key in rows]

    def newest_of(self, targets: Collection[TargetName], *, limit: int) -> Mapping[TargetName, Sequence[Deployment]]:
        """Return the newest deployments of each target, at most `limit` each, newest first."""
        found: dict[TargetName, list[Deployment]] = defaultdict(list)
        for document, key, target in many(self._connection, _NEWEST_OF, {"targets": list(targets), "limit": limit}):
            found[TargetName(target)].append(restored(Deployment, document, f"deployment {key}"))
        return found


def _make(tx: PostgresTransaction) -> PostgresDeploymentStore:
    return PostgresDeploymentStore(tx.connection)


DEFINITION = implements(DeploymentStore)(_make)
