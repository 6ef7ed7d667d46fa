"""A service of several parts in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import ServicePart, ServiceParts
from grace_workers.foundation.errors import NotFoundError, TransientError


@dataclass(slots=True)
class MemoryParts(ServiceParts):
    """`ServiceParts` that count their starts. Those in `broken` do not become healthy after a restart."""

    starts: dict[str, int] = field(default_factory=lambda: {"a": 1, "b": 1, "c": 1})
    unhealthy: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    out_of_memory: set[str] = field(default_factory=set)
    crashing: set[str] = field(default_factory=set)

    def parts(self) -> Sequence[ServicePart]:
        return [
            ServicePart(
                name=name,
                incarnation=f"start-{self.starts[name]}",
                healthy=name not in self.unhealthy,
                out_of_memory=name in self.out_of_memory,
                crashing=name in self.crashing,
            )
            for name in sorted(self.starts)
        ]

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        del patience
        if name not in self.starts:
            raise NotFoundError(f"there is no part {name!r}")
        self.starts[name] += 1
        if name in self.broken:
            self.unhealthy.add(name)
            raise TransientError(f"part {name!r} is not healthy after a restart")
        self.unhealthy.discard(name)
        return next(one for one in self.parts() if one.name == name)
