"""A service of several versions in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import RolledVersion, Rollout, Rollouts
from grace_workers.foundation.errors import NotFoundError


@dataclass(slots=True)
class MemoryRollouts(Rollouts):
    """`Rollouts` of versions, the one in force first; those in `broken` do not come up.

    `ages` and `serving` say how old the versions are, and of which of them healthy parts run.
    """

    names: list[str] = field(default_factory=lambda: ["web-3", "web-2", "web-1"])
    broken: set[str] = field(default_factory=set)
    age: timedelta = timedelta(days=1)
    ages: dict[str, timedelta] = field(default_factory=dict)
    serving: set[str] = field(default_factory=set)

    def rollout(self) -> Rollout:
        first = self.names[0]
        stuck = "its pods do not become ready" if first in self.broken else None
        return Rollout(version=first, stuck=stuck, age=self.age)

    def versions(self) -> Sequence[RolledVersion]:
        return [
            RolledVersion(name=one, shows=f"image {one}", age=self.ages.get(one), serves=one in self.serving)
            for one in self.names
        ]

    def roll_out(self, version: str) -> Rollout:
        if version not in self.names:
            raise NotFoundError(f"there is no version {version!r}")
        self.names.remove(version)
        self.names.insert(0, version)
        return self.rollout()
