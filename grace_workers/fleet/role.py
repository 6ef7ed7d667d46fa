"""What one node of the fleet runs: everything, as `grace up` does, or one part of it, as a container does."""

from collections.abc import Sequence
from enum import StrEnum

POOLS = ("healing", "coding", "orchestration")


class NodeRole(StrEnum):
    """whole: every process. Each other role: only that process, beside other nodes of its kind."""

    WHOLE = "whole"
    CONTROL = "control"
    HEALING = "healing"
    CODING = "coding"
    ORCHESTRATION = "orchestration"
    API = "api"
    FLOWER = "flower"

    @property
    def processes(self) -> Sequence[str]:
        """The child processes of such a node, in start order.

        A pool comes with a control process, whose heartbeat is how the fleet notices that the pool's node has died.
        """
        match self:
            case NodeRole.WHOLE:
                return ("control", *POOLS, "beat", "api", "flower")
            case NodeRole.CONTROL:
                return ("control", "beat")
            case NodeRole.API | NodeRole.FLOWER:
                return (self.value,)
            case _:
                return ("control", self.value)

    @property
    def pools(self) -> Sequence[str]:
        """The worker pools of such a node."""
        return tuple(name for name in self.processes if name in POOLS)

    @property
    def steers(self) -> bool:
        """Whether such a node may lead the fleet, sweeps, rings for others and seals the audit log."""
        return self in {NodeRole.WHOLE, NodeRole.CONTROL}
