"""`Topology`: what depends on what, over a few steps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy

from grace_workers.foundation.ids import TargetName

FURTHEST_CAUSE = 4
"""Over how many dependencies a fault is followed."""

_MOST_REACHED = 500


class Topology:
    """Declared dependencies, and pairs of targets that failed together. Results are cached."""

    def __init__(self, depends_on: Mapping[TargetName, Collection[TargetName]]) -> None:
        self._depends_on = depends_on
        self._dependants: dict[TargetName, set[TargetName]] = defaultdict(set)
        for name, needed in depends_on.items():
            for one in needed:
                self._dependants[one].add(name)
        self._paired: dict[TargetName, set[TargetName]] = defaultdict(set)
        self._reached: dict[TargetName, Mapping[TargetName, int]] = {}

    @property
    def size(self) -> int:
        """How many targets are declared."""
        return len(self._depends_on)

    def with_pairs(self, pairs: Iterable[tuple[TargetName, TargetName]]) -> "Topology":
        """Return the same topology with these pairs as failing together."""
        found = copy(self)
        found._paired = defaultdict(set)  # noqa: SLF001 - its own class
        for one, other in pairs:
            found._paired[one].add(other)  # noqa: SLF001
            found._paired[other].add(one)  # noqa: SLF001
        return found

    def needs(self, target: TargetName) -> Collection[TargetName]:
        """Return what the target depends on directly."""
        return self._depends_on.get(target, ())

    def dependants(self, target: TargetName) -> Collection[TargetName]:
        """Return what depends on the target directly."""
        return self._dependants.get(target, ())

    def paired(self, target: TargetName) -> Collection[TargetName]:
        """Return the targets that failed together with this one."""
        return self._paired.get(target, ())

    def stands_alone(self, target: TargetName) -> bool:
        """Return whether nothing connects the target with another."""
        return not (self.needs(target) or self.dependants(target) or self.paired(target))

    def reach(self, target: TargetName) -> Mapping[TargetName, int]:
        """Return the target and its dependencies, each with the least number of steps; cycles are fine."""
        known = self._reached.get(target)
        if known is None:
            known = self._reached[target] = self._walked(target)
        return known

    def component(self, target: TargetName) -> TargetName:
        """Return the first target, by name, of all that are connected with this one over any number of steps."""
        found, ring = {target}, [target]
        while ring:
            near = {name for one in ring for name in (*self.needs(one), *self.dependants(one))}
            ring = sorted(near - found)
            found |= near
        return min(found)

    def related(self, one: TargetName, other: TargetName) -> bool:
        """Return whether one of the two depends on the other, as declared."""
        return other in self.reach(one) or one in self.reach(other)

    def _walked(self, target: TargetName) -> Mapping[TargetName, int]:
        found = {target: 0}
        ring: Sequence[TargetName] = [target]
        for step in range(1, FURTHEST_CAUSE + 1):
            ring = sorted({name for one in ring for name in self.needs(one)} - found.keys())
            found.update(dict.fromkeys(ring[: _MOST_REACHED - len(found)], step))
        return found
