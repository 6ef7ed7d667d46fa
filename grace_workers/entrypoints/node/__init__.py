"""One node in the foreground: boot, supervise, stop."""

from grace_workers.entrypoints.node.boot import STATE_FILE, Node, Progress
from grace_workers.entrypoints.node.ports import Loop, NodeParts
from grace_workers.entrypoints.node.run import run_node

__all__ = ["STATE_FILE", "Loop", "Node", "NodeParts", "Progress", "run_node"]
