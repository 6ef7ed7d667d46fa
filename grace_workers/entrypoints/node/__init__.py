"""One node in the foreground: boot, supervise, stop."""

from grace_workers.entrypoints.node.boot import STATE_FILE, Node, Progress
from grace_workers.entrypoints.node.loops import Member, Membership, Repeating
from grace_workers.entrypoints.node.ports import ControlParts, Loop, NodeParts
from grace_workers.entrypoints.node.run import run_node

__all__ = [
    "STATE_FILE",
    "ControlParts",
    "Loop",
    "Member",
    "Membership",
    "Node",
    "NodeParts",
    "Progress",
    "Repeating",
    "run_node",
]
