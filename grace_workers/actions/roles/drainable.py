"""`Drainable`: a machine of a cluster that can be closed to new work and emptied of what it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePod:
    """A pod that has to leave. Nothing starts it elsewhere unless it is `controlled`; `local` data is lost with it."""

    name: str
    controlled: bool = True
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """Whether new pods may come, and those that a drain would move; what belongs to the machine itself is left out.

    `troubles` are the conditions that the machine reports and that are not as they should be.
    """

    schedulable: bool
    pods: tuple[MachinePod, ...]
    troubles: tuple[str, ...] = ()


class Drainable(Protocol):
    """One machine of a cluster."""

    def state(self) -> MachineState:
        """Return whether new pods may come, and which would have to leave, by name."""

    def set_schedulable(self, *, on: bool) -> MachineState:
        """Let new pods come, or not. Idempotent."""

    def drain(self, patience: timedelta) -> Sequence[str]:
        """Let every pod that `state` names leave, as their disruption budgets allow; return which did.

        Raises:
            TransientError: some are still there when the patience is over. What left does not come back.
        """
        ...
