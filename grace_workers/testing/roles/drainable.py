"""A machine of a cluster, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import Drainable, MachinePod, MachineState
from grace_workers.foundation.errors import TransientError


@dataclass(slots=True)
class MemoryMachine(Drainable):
    """Pods on a machine; those in `held` are kept there by a disruption budget."""

    pods: list[MachinePod] = field(default_factory=lambda: [MachinePod(name="shop/web-1")])
    schedulable: bool = True
    held: set[str] = field(default_factory=set)
    troubles: tuple[str, ...] = ()

    def state(self) -> MachineState:
        return MachineState(schedulable=self.schedulable, pods=tuple(self.pods), troubles=self.troubles)

    def set_schedulable(self, *, on: bool) -> MachineState:
        self.schedulable = on
        return self.state()

    def drain(self, patience: timedelta) -> Sequence[str]:
        left = [one.name for one in self.pods if one.name not in self.held]
        self.pods = [one for one in self.pods if one.name in self.held]
        if self.pods:
            raise TransientError(f"pod {self.pods[0].name} is still there after {patience.total_seconds():g} s")
        return left
