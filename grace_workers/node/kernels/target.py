"""What needs no declaration as a target: the kernels of every node, `grace.<node>.<kernel>`, and `grace.fleet`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from grace_workers.actions import KERNEL, FlagStore, Ownership, Restartable, ServiceLimits, Target
from grace_workers.cycles import FLEET, FLEET_KIND, OFF
from grace_workers.diagnosis import Subject
from grace_workers.foundation.ids import InstanceName, TargetName

V = TypeVar("V")
_PREFIX = "grace."


@dataclass(frozen=True, slots=True)
class KernelName:
    """One kernel of one node."""

    instance: InstanceName
    kernel: str

    @property
    def target(self) -> TargetName:
        """Its name as a target."""
        return TargetName(f"{_PREFIX}{self.instance}.{self.kernel}")


def parse(name: str, kernels: Collection[str]) -> KernelName | None:
    """Return the kernel of this name, None when it names none. A node's name may contain dots, a kernel's does not."""
    if not name.startswith(_PREFIX):
        return None
    instance, dot, kernel = name.removeprefix(_PREFIX).rpartition(".")
    return KernelName(InstanceName(instance), kernel) if dot and instance and kernel in kernels else None


class WithKernels(Mapping[TargetName, V]):
    """Declared things by target name, and what `make` returns for the fleet and for any kernel of any node.

    It lists only what is declared, because only their own nodes watch kernels.
    """

    def __init__(
        self, declared: Mapping[TargetName, V], kernels: Collection[str], make: Callable[[TargetName], V]
    ) -> None:
        self._declared = declared
        self._kernels = kernels
        self._make = make

    def __getitem__(self, name: TargetName) -> V:
        if name in self._declared:
            return self._declared[name]
        if name != FLEET and parse(name, self._kernels) is None:
            raise KeyError(name)
        return self._make(name)

    def __iter__(self) -> Iterator[TargetName]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)


def kernel_target(name: TargetName) -> Target:
    """Return the fleet, or a kernel, as one of the fleet's own targets."""
    if name == FLEET:
        roles = frozenset({FlagStore.__name__, ServiceLimits.__name__})
        # What the fleet learned and a person accepted may be put out of force without another person.
        labels = {"switchable": f"*={OFF}"}
        return Target(name=name, kind=FLEET_KIND, owner=Ownership.INTERNAL, roles=roles, labels=labels)
    return Target(name=name, kind=KERNEL, owner=Ownership.INTERNAL, roles=frozenset({Restartable.__name__}))


def kernel_subject(name: TargetName) -> Subject:
    """Return the fleet, or a kernel, as a subject of diagnosis."""
    return Subject(name=name, kind=FLEET_KIND if name == FLEET else KERNEL)
