"""One node in the foreground: boot, supervise, stop."""

from grace_workers.entrypoints.node.board import STATE_FILE
from grace_workers.entrypoints.node.boot import Node
from grace_workers.entrypoints.node.loops import Member, Membership, Repeating
from grace_workers.entrypoints.node.ports import ControlParts, Loop, NodeParts
from grace_workers.entrypoints.node.progress import ROLL_BACK, STOP, Progress
from grace_workers.entrypoints.node.run import run_node

__all__ = [
    "ROLL_BACK",
    "STATE_FILE",
    "STOP",
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
