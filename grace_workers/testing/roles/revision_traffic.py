"""A service of several revisions in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import DeployedRevision, RevisionTraffic, TrafficShare
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing.clock import START


@dataclass(slots=True)
class MemoryTraffic(RevisionTraffic):
    """`RevisionTraffic` of revisions by name, oldest first; `broken` ones are not ready, `failed` ones never were."""

    names: tuple[str, ...] = ("shop-1", "shop-2", "shop-3")
    shares: tuple[TrafficShare, ...] = (TrafficShare(revision=None, percent=100),)
    broken: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)

    def revisions(self) -> Sequence[DeployedRevision]:
        dated = [(name, START + timedelta(hours=at)) for at, name in enumerate(self.names)]
        down = self.broken | self.failed
        return [DeployedRevision(name=name, at=at, ready=name not in down) for name, at in reversed(dated)]

    def newest_ready(self) -> str | None:
        return next((name for name in reversed(self.names) if name not in self.failed), None)

    def traffic(self) -> tuple[TrafficShare, ...]:
        return self.shares

    def route(self, shares: Sequence[TrafficShare]) -> tuple[TrafficShare, ...]:
        for one in shares:
            if one.revision is not None and one.revision not in self.names:
                raise NotFoundError(f"there is no revision {one.revision!r}")
        self.shares = tuple(shares)
        return self.shares
