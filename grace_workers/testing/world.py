"""A world in memory: targets whose roles a test gives."""

from dataclasses import dataclass, field
from typing import TypeVar, cast

from grace_workers.actions import World, undeclared
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetName

R = TypeVar("R")


@dataclass(slots=True)
class MemoryWorld(World):
    """A `World` whose roles are given: `roles[target, role]`."""

    roles: dict[tuple[TargetName, type], object] = field(default_factory=dict)

    def role(self, target: TargetName, role: type[R]) -> R:
        try:
            return cast("R", self.roles[target, role])
        except KeyError:
            pass
        known = sorted(kind.__name__ for name, kind in self.roles if name == target)
        if not known:
            raise NotFoundError(undeclared(target, {name for name, _ in self.roles}))
        raise InputError(f"target {target!r} does not support {role.__name__}; it supports: {', '.join(known)}")
