"""What was deployed where, in memory."""

from collections.abc import Collection, Mapping, Sequence

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.deployments import DeploymentStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Deployment
from tests.memory.transaction import MemoryTransaction


class MemoryDeploymentStore:
    """Implements `stores.DeploymentStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._deployments: dict[str, Deployment] = tx.table("deployments")

    def keep(self, deployments: Sequence[Deployment]) -> None:
        """Store a report; of one deployment the newest state counts, in whatever order the reports arrive."""
        for one in deployments:
            known = self._deployments.get(one.key)
            if known is None or known.at <= one.at:
                self._deployments[one.key] = one

    def newest(self, *, target: TargetName | None = None, limit: int = 20) -> Sequence[Deployment]:
        """Return the newest deployments, of one target or of all, newest first."""
        found = [one for one in self._deployments.values() if target is None or one.target == target]
        return sorted(sorted(found, key=lambda one: one.key), key=lambda one: one.at, reverse=True)[:limit]

    def newest_of(self, targets: Collection[TargetName], *, limit: int) -> Mapping[TargetName, Sequence[Deployment]]:
        """Return the newest deployments of each target, at most `limit` each, newest first."""
        return {target: found for target in targets if (found := self.newest(target=target, limit=limit))}


DEFINITION = implements(DeploymentStore)(MemoryDeploymentStore)
