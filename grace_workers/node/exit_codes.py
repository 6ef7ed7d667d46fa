"""The exit codes by which a node's control process tells the node's supervisor why it ended."""

FENCED = 77
"""The fleet declared this node dead: its pools end before the control process restarts."""

NAME_TAKEN = 78
"""Another living node has this node's name: the pools end too."""
