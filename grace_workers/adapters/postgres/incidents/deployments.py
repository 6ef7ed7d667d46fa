"""What was deployed where."""

from collections.abc import Sequence

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


def _make(tx: PostgresTransaction) -> PostgresDeploymentStore:
    return PostgresDeploymentStore(tx.connection)


DEFINITION = implements(DeploymentStore)(_make)
