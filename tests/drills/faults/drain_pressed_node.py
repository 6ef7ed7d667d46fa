"""A machine of a cluster runs out of memory."""

from collections.abc import Mapping, Sequence
from typing import Any

from grace_workers.governance import Role
from tests.cluster_node import cluster_node
from tests.drills.drill import Drill


class PressedNode(Drill):
    """The red herring is one more pod on a machine that has room for it."""

    signal = "KubeNodePressure"
    asks = Role.APPROVER

    def targets(self) -> Sequence[Mapping[str, Any]]:
        self.node, _, connection = self.stage.stack.enter_context(cluster_node(self.stage.folder))
        return [{"name": "subject", "kind": "kubernetes_node", "owner": "internal", "connection": connection}]

    def break_it(self) -> None:
        self.node.pressed = "MemoryPressure"

    def revert(self) -> None:
        self.node.pressed = None

    def well(self) -> bool:
        """Return whether no pod that could run elsewhere is on a pressed machine."""
        movable = [one for one in self.node.pods if one.startswith("web")]
        return self.node.pressed is None or not movable

    def mislead(self) -> None:
        self.node.add("web-3")

    def clear(self) -> None:
        del self.node.pods["web-3"]


DRILL = PressedNode
