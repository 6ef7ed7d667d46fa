"""ServiceLimits in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from grace_workers.actions import Limit, ServiceLimits
from grace_workers.foundation.errors import InputError, NotFoundError


@dataclass(slots=True)
class MemoryLimits(ServiceLimits):
    """`ServiceLimits` with those that may be set, by name."""

    declared: dict[str, Limit] = field(default_factory=dict)

    def limits(self) -> Sequence[Limit]:
        return [self.declared[name] for name in sorted(self.declared)]

    def limit(self, name: str) -> Limit:
        if name not in self.declared:
            raise NotFoundError(f"limit {name!r} may not be changed")
        return self.declared[name]

    def set_limit(self, name: str, value: int) -> Limit:
        bounds = self.limit(name)
        if not bounds.lowest <= value <= bounds.highest:
            raise InputError(f"limit {name!r} may be {bounds.lowest} to {bounds.highest}, not {value}")
        return self.put_back_limit(name, value)

    def put_back_limit(self, name: str, value: int | None) -> Limit:
        self.declared[name] = replace(self.limit(name), value=value)
        return self.declared[name]
