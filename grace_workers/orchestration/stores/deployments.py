"""What was deployed where, as pipelines reported it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Deployment


class DeploymentStore(Protocol):
    """What was deployed where."""

    def keep(self, deployments: Sequence[Deployment]) -> None:
        """Store a report; of one deployment the newest state counts, in whatever order the reports arrive."""
        ...

    def newest(self, *, target: TargetName | None = None, limit: int = 20) -> Sequence[Deployment]:
        """Return the newest deployments, of one target or of all, newest first."""
        ...

    def newest_of(self, targets: Collection[TargetName], *, limit: int) -> Mapping[TargetName, Sequence[Deployment]]:
        """Return the newest deployments of each target, at most `limit` each, newest first."""
        ...
